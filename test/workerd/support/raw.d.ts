/** A file imported as its text, byte for byte. */
declare module "*?raw" {
  const text: string;
  export default text;
}
