import { get } from "node:http";

/** Whether http://127.0.0.1:port/path answers 200 within a second. */
export function httpAnswers(port: number, path: string): Promise<boolean> {
  return new Promise((settle) => {
    const request = get({ host: "127.0.0.1", port, path, timeout: 1_000, agent: false }, (response) => {
      response.resume();
      settle(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => settle(false));
    request.on("close", () => settle(false));
  });
}
