/** What the demo tells while it happens: numbered steps, and beneath each what was seen. */

const WIDTH = 100;

export class Narrator {
  readonly #startedMs = Date.now();
  #steps = 0;

  title(text: string): void {
    console.log(`\n${text}\n${"=".repeat(text.length)}`);
  }

  step(text: string): void {
    this.#steps += 1;
    console.log(`\n${this.#steps}. ${text}  [${((Date.now() - this.#startedMs) / 1000).toFixed(1)} s]`);
  }

  /** One line each, cut where a terminal would break it. */
  detail(...lines: string[]): void {
    for (const line of lines) {
      console.log(`   ${line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line}`);
    }
  }

  /** Somebody's own words, whole. */
  quote(text: string): void {
    const words = text.split(" ");
    let line = "";
    for (const word of words) {
      if (line !== "" && line.length + word.length >= WIDTH) {
        console.log(`   ${line}`);
        line = "";
      }
      line = line === "" ? word : `${line} ${word}`;
    }
    console.log(`   ${line}`);
  }

  end(text: string): void {
    console.log(`\n${text}`);
  }
}
