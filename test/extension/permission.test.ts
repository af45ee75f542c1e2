/** A right that was granted a moment ago: its functions come to a page later than the person's answer. */
import { jest } from "@jest/globals";
import { withRight } from "../../src/extension/permission.js";
import host from "./fake-host.js";

let granted = false;
Object.assign(host, { permissions: { contains: async () => granted, request: async () => granted } });

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test("the function is waited for while the right is there", async () => {
  granted = true;
  let sendMessage: (() => string) | undefined;
  const found = withRight("send", () => sendMessage);
  await jest.advanceTimersByTimeAsync(1_000);
  sendMessage = () => "sent";
  await jest.advanceTimersByTimeAsync(100);
  expect((await found)?.()).toBe("sent");
});

test("without the right, or if it never comes, there is none", async () => {
  granted = false;
  expect(await withRight("send", () => undefined)).toBeUndefined();
  granted = true;
  const never = withRight("send", () => undefined);
  await jest.advanceTimersByTimeAsync(10_000);
  expect(await never).toBeUndefined();
});
