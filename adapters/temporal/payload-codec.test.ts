import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Payload } from "@temporalio/common";
import { createPayloadCodec, UnreadablePayload } from "./payload-codec.ts";

const keyOf = (id: string, fill: number) => ({ id, key: Buffer.alloc(32, fill) });
const OLD = keyOf("2025-11", 1);
const NEW = keyOf("2026-11", 2);
const codec = createPayloadCodec([NEW, OLD]);

const bytes = fc.uint8Array({ maxLength: 200 });
const payload: fc.Arbitrary<Payload> = fc.record({
  metadata: fc.dictionary(
    fc.string({ maxLength: 10 }).filter((name) => name !== "__proto__"),
    bytes,
    { maxKeys: 4 },
  ),
  data: bytes,
});
/** As plain bytes: protobufjs answers with Buffers. */
const plain = ({ metadata, data }: Payload) => ({
  metadata: Object.entries(metadata ?? {})
    .map(([name, value]) => [name, Buffer.from(value).toString("hex")])
    .sort(),
  data: Buffer.from(data ?? []).toString("hex"),
});
const encrypted = async (one: Payload): Promise<Payload> => (await codec.encode([one]))[0]!;

describe("the payload codec", () => {
  test("gives back any payload as it was, and shows nothing of it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(payload, { maxLength: 4 }), async (payloads) => {
        const hidden = await codec.encode(payloads);
        for (const { metadata } of hidden) {
          expect(Object.keys(metadata ?? {})).toEqual(["encoding", "encryption-key-id"]);
          expect(Buffer.from(metadata?.["encryption-key-id"] ?? []).toString()).toBe("2026-11");
        }
        expect((await codec.decode(hidden)).map(plain)).toEqual(payloads.map(plain));
      }),
    );
    const secret = Buffer.from("ops@acme.test");
    const { data } = await encrypted({ metadata: { encoding: Buffer.from("json/plain") }, data: secret });
    expect(Buffer.from(data ?? []).includes(secret)).toBe(false);
  });

  test("refuses a payload of which any bit was flipped, or any byte cut off", async () => {
    await fc.assert(
      fc.asyncProperty(payload, fc.nat(), async (one, position) => {
        const { metadata, data } = await encrypted(one);
        const flipped = Buffer.from(data ?? []);
        const bit = position % (flipped.length * 8);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        await expect(codec.decode([{ metadata: metadata ?? {}, data: flipped }])).rejects.toThrow(
          'a payload encrypted with the key "2026-11" is damaged or was changed',
        );
        const cut = Buffer.from(data ?? []).subarray(0, position % flipped.length);
        await expect(codec.decode([{ metadata: metadata ?? {}, data: cut }])).rejects.toBeInstanceOf(
          UnreadablePayload,
        );
      }),
    );
  });

  test("refuses a payload that is said to be of another key", async () => {
    const { data } = await encrypted({ data: Buffer.from("{}") });
    const metadata = { encoding: Buffer.from("binary/encrypted"), "encryption-key-id": Buffer.from(OLD.id) };
    await expect(codec.decode([{ metadata, data: data! }])).rejects.toThrow("is damaged or was changed");
    const same = createPayloadCodec([{ id: OLD.id, key: NEW.key }]);
    await expect(same.decode([{ metadata, data: data! }])).rejects.toThrow("is damaged or was changed");
  });

  test("reads what an earlier key has written, and writes with the first", async () => {
    const before = createPayloadCodec([OLD]);
    const [written] = await before.encode([{ data: Buffer.from("kept") }]);
    expect(plain((await codec.decode([written!]))[0]!)).toEqual(plain({ data: Buffer.from("kept") }));
    await expect(before.decode([await encrypted({ data: Buffer.from("new") })])).rejects.toThrow(
      'a payload is encrypted with the key "2026-11", and only 2025-11 are known: add it to TEMPORAL_CODEC_KEYS',
    );
  });

  test("lets pass what was never encrypted", async () => {
    const clear: Payload = { metadata: { encoding: Buffer.from("json/plain") }, data: Buffer.from("1") };
    expect(await codec.decode([clear, {}])).toEqual([clear, {}]);
  });

  test("the same payload twice never looks the same", async () => {
    const one = { data: Buffer.from("low") };
    expect((await encrypted(one)).data).not.toEqual((await encrypted(one)).data);
  });

  test("needs a key", () => {
    expect(() => createPayloadCodec([])).toThrow("needs a key");
  });
});
