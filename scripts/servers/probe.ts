import { connect } from "node:net";

/**
 * Sends `request` to 127.0.0.1:port and answers the first bytes that `enough` takes; undefined when there are none in
 * time or the connection fails. One connection per call, always closed.
 */
export function probe(
  port: number,
  request: Uint8Array,
  enough: (received: Buffer) => boolean,
  timeoutMs = 1_000,
): Promise<Buffer | undefined> {
  return new Promise((settle) => {
    let received: Buffer = Buffer.alloc(0);
    const socket = connect({ port, host: "127.0.0.1" });
    const finish = (answer: Buffer | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      settle(answer);
    };
    const timer = setTimeout(() => finish(undefined), timeoutMs);
    socket.on("connect", () => socket.write(request));
    socket.on("error", () => finish(undefined));
    socket.on("close", () => finish(undefined));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (enough(received)) finish(received);
      else if (received.length > 65_536) finish(undefined); // nothing asked here answers with more
    });
  });
}
