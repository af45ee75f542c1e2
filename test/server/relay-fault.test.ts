/** What the operator is told of a relay that can't be used, by what is thrown. */
import { connect } from "node:net";
import { relayFault, relayFaultSentence } from "../../src/server/delivery/relay-fault.js";

const thrown = (message: string, code?: string, cause?: unknown) =>
  Object.assign(new Error(message, { cause }), code === undefined ? {} : { code });

test.each([
  [thrown("connect ECONNREFUSED 127.0.0.1:25", "ESOCKET"), "nobody-listens"],
  [
    thrown("wrapped", "ECONNECTION", thrown("connect ECONNREFUSED 127.0.0.1:25", "ECONNREFUSED")),
    "nobody-listens",
  ],
  [thrown("getaddrinfo ENOTFOUND relay.example", "EDNS"), "no-such-host"],
  [thrown("Connection timeout", "ETIMEDOUT"), "timed-out"],
  [thrown("self-signed certificate", "DEPTH_ZERO_SELF_SIGNED_CERT"), "certificate"],
  [thrown("Hostname/IP does not match certificate's altnames", "ESOCKET"), "certificate"],
  [thrown("STARTTLS is not supported by the server", "ETLS"), "no-tls"],
  [
    thrown("write EPROTO 00A8:error:0A00010B:SSL routines:ssl3_get_record:wrong version number", "EPROTO"),
    "no-tls",
  ],
  [thrown("Greeting never received", "ETIMEDOUT"), "timed-out"],
  [thrown("Connection closed", "ECONNECTION"), "closed"],
  [thrown("something else"), "unknown"],
  ["a text", "unknown"],
])("%s is %s", (error, fault) => {
  expect(relayFault(error)).toBe(fault);
});

test("what the system itself throws is understood", async () => {
  const error = await new Promise((resolve) => connect(1, "127.0.0.1").once("error", resolve));
  expect(relayFault(error)).toBe("nobody-listens");
});

test("a chain of causes that never ends is left", () => {
  const first = thrown("a");
  const second = thrown("b", undefined, first);
  Object.assign(first, { cause: second });
  expect(relayFault(first)).toBe("unknown");
});

test("no sentence quotes anything", () => {
  expect(relayFaultSentence(relayFault(thrown("connect ECONNREFUSED 10.1.2.3:25")))).not.toContain(
    "10.1.2.3",
  );
});
