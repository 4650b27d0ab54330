/** On a hibernating socket the closing handshake is ours to complete. */

/** The platform reports them, and refuses to send them. */
const UNUSABLE_CODES = [1004, 1005, 1006, 1015];
const MAX_REASON = 100;

export function closeBack(socket: WebSocket, code: number, reason: string): void {
  socket.close(UNUSABLE_CODES.includes(code) ? 1000 : code, reason.slice(0, MAX_REASON));
}
