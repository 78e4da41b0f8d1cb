import { createSmppClient } from "#protocols/smpp/client.ts";
import { createSmppCounters } from "#protocols/smpp/session.ts";
import { formatSmppTime } from "#protocols/smpp/time.ts";
import { CEILING_TOPICS } from "./plan.ts";
import { runRaw } from "./raw-process.ts";
import { messageIdIn, recordMaker } from "./records.ts";

const WINDOW = 256; // the development connector's
const DEADLINE_MS = 60_000;
const TEXT = Buffer.from(
  "Your code is 123456. It is valid for ten minutes. Message 12345 of the bench.",
  "latin1",
);
const RETRY_STATUS = 0x64; // ESME_RX_T_APPN: the simulator sends the receipt again

/** A submit_sm and a status for each message; a status, a billing event and a deliver_sm_resp for each receipt. */
await runRaw("sms", async ({ plan, publisher, consume }) => {
  const sent = recordMaker(CEILING_TOPICS.status, plan.records.sent);
  const delivered = recordMaker(CEILING_TOPICS.status, plan.records.delivered);
  const billing = recordMaker(CEILING_TOPICS.billing, plan.records.billing, plan.walletId);
  const idOf = new Map<string, string>();
  const client = createSmppClient({
    host: "127.0.0.1",
    port: plan.simulatorPort,
    systemId: "ceiling",
    password: "secret",
    window: WINDOW,
    counters: createSmppCounters(),
    now: Date.now,
    random: Math.random,
    onDeliver: async ({ tlvs }) => {
      const carrierId = tlvs.receipted_message_id ?? "";
      const id = idOf.get(carrierId);
      if (id === undefined) return RETRY_STATUS;
      idOf.delete(carrierId);
      await publisher.publish([delivered(id), billing(id)]);
      return 0;
    },
  });
  await client.whenBound();
  await consume("sms", [CEILING_TOPICS.cleared], async (records) => {
    const deadline = Date.now() + DEADLINE_MS;
    await Promise.all(
      records.map(async (record) => {
        const id = messageIdIn(record);
        const outcome = await client.submit(submitBody(record.key), undefined, deadline);
        if (outcome.kind !== "answered") throw new Error(`submit_sm: ${outcome.kind}`);
        idOf.set(outcome.messageId, id);
        await publisher.publish([sent(id)]);
      }),
    );
  });
});

function submitBody(key: string) {
  return {
    source_addr_ton: 5,
    source_addr: "CATALYST",
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: `1${key.slice(-10).replaceAll(/\D/g, "0").slice(0, 9)}0`,
    validity_period: formatSmppTime(Date.now() + DEADLINE_MS),
    registered_delivery: 1,
    short_message: TEXT,
  };
}
