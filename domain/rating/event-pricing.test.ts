import { describe, expect, test } from "@jest/globals";
import { Poison } from "#domain/errors.ts";
import { describeCharge, traceAmounts } from "./describe-charge.ts";
import { rate } from "./rate.ts";
import { baseOf, card, delivered, remarks } from "./rating-fixtures.ts";

describe("attribute rates", () => {
  const whatsapp = card({
    whatsapp: {
      base_rate: 0.005,
      attribute_rates: { category: { marketing: 0.02, Utility: 0.01 } },
      time_bands: [{ name: "All", start_hour: 0, end_hour: 24, multiplier: 2 }],
      events: { "whatsapp.template": { attribute_rates: { category: { marketing: 0.03 } } } },
    },
  });
  const send = (attributes: Record<string, string>, eventType = "whatsapp.send") =>
    delivered({ card: whatsapp, channel: "whatsapp", eventType, attributes });

  test("replace any other rate", () => {
    expect(baseOf(send({ category: "marketing" }))).toBe("0.02");
    expect(baseOf(send({ category: " UTILITY" }))).toBe("0.01");
    expect(baseOf(send({ category: "service" }))).toBe("0.01");
    expect(baseOf(send({}))).toBe("0.01");
    expect(baseOf(send({ category: "constructor" }))).toBe("0.01");
    const { trace } = rate(send({ category: "marketing" }));
    expect(trace).toMatchObject({ source: "attribute", name: "category marketing", rate: "0.02" });
    expect(trace.band).toBeUndefined();
    expect(describeCharge(trace, "USD")[0]).toBe("Base Amount: $0.02000 (rate for category marketing)");
  });

  test("may be all that prices an event", () => {
    expect(baseOf(send({ category: "marketing" }, "whatsapp.template"))).toBe("0.03");
    expect(rate(send({ category: "other" }, "whatsapp.template")).priced).toBe(false);
  });
});

describe("pulses", () => {
  const session = (pulse: object, seconds: string | undefined, base_rate: number | string = 0.06) =>
    delivered({
      card: card({ ussd: { base_rate, pulse: { attribute: "seconds", ...pulse } } }),
      channel: "ussd",
      eventType: "ussd.session.initiated",
      attributes: seconds === undefined ? {} : { seconds },
    });

  test.each([
    ["60/1 at a price per minute", { initial: 60, increment: 1 }, "61", "0.061"],
    ["60/1: the first minute is whole", { initial: 60, increment: 1 }, "1", "0.06"],
    ["60/60", { initial: 60, increment: 60 }, "61", "0.12"],
    ["20/20", { initial: 20, increment: 20 }, "21", "0.04"],
    ["1/1", { increment: 1 }, "7", "0.007"],
    ["parts of a second are begun", { increment: 1 }, "7.001", "0.008"],
    ["at a price per second", { increment: 1, unit: 1 }, "7", "0.42"],
    ["nothing used, nothing charged", { initial: 60, increment: 1 }, "0", "0"],
    ["without the attribute, the first pulse", { initial: 60, increment: 1 }, undefined, "0.06"],
    ["without the attribute and first pulse, one increment", { increment: 30 }, undefined, "0.03"],
  ])("%s", (_name, pulse, seconds, expected) => {
    expect(baseOf(session(pulse, seconds))).toBe(expected);
  });

  test("are rounded once, and traced", () => {
    const charge = rate(session({ increment: 1 }, "7", "0.01"));
    expect(charge.base).toBe(1_166_666_666_666_667n);
    expect(charge.trace).toMatchObject({
      pulse: { attribute: "seconds", value: "7", initial: 0, increment: 1, unit: 60, billed: "7" },
      rounded: ["base"],
    });
    expect(traceAmounts(charge.trace)?.base).toBe(charge.base);
    expect(describeCharge(charge.trace, "USD")[0]).toBe(
      "Base Amount: $0.001166666666666667 (base rate $0.01000, 7 of seconds billed in pulses of 0/1, rate per 60)",
    );
  });

  test("a value that is no number is poison", () => {
    expect(() => rate(session({ increment: 1 }, "soon"))).toThrow(Poison);
    expect(() => rate(session({ increment: 1 }, "-1"))).toThrow(Poison);
  });
});

describe("sizes", () => {
  const media = card({
    whatsapp: {
      events: {
        "whatsapp.media": { rate: 0.005, size: { attribute: "bytes", rate: 0.001, per: 1_048_576 } },
        "whatsapp.read": { size: { attribute: "bytes", rate: 0.001, per: 100 } },
      },
    },
  });
  const file = (bytes: string | undefined, eventType = "whatsapp.media") =>
    delivered({
      card: media,
      channel: "whatsapp",
      eventType,
      attributes: bytes === undefined ? {} : { bytes },
    });

  test("are added for each one started", () => {
    expect(baseOf(file("0"))).toBe("0.005");
    expect(baseOf(file("1"))).toBe("0.006");
    expect(baseOf(file("1048576"))).toBe("0.006");
    expect(baseOf(file("1048577"))).toBe("0.007");
    expect(baseOf(file(undefined))).toBe("0.006");
    expect(baseOf({ ...file("1048577"), units: 3 })).toBe("0.021");
    expect(baseOf(file("101", "whatsapp.read"))).toBe("0.002");
    const { trace, base } = rate(file("1048577"));
    expect(traceAmounts(trace)?.base).toBe(base);
    expect(describeCharge(trace, "USD")[0]).toBe(
      "Base Amount: $0.00700 (price of whatsapp.media $0.00500, 2 × $0.00100 per 1048576 of bytes)",
    );
  });
});

test("per event, units do not multiply", () => {
  const submit = card({ sms: { base_rate: 1, events: { "sms.submit": { rate: 0.01, per: "event" } } } });
  const input = delivered({ card: submit, eventType: "sms.submit", units: 5 });
  expect(baseOf(input)).toBe("0.01");
  const { trace, volume } = rate(input);
  expect(volume?.after).toBe(5n);
  expect(trace).toMatchObject({ per: "event", units: 5 });
  expect(traceAmounts(trace)?.base).toBe(10n ** 16n);
});

test("what cannot be read is named", () => {
  expect(
    remarks({
      ussd: {
        base_rate: 1,
        per: "week",
        pulse: { attribute: "Seconds", increment: 0 },
        size: { rate: 1 },
        attribute_rates: { category: { a: 1, A: 2 }, "x-y": {} },
        events: { "ussd.timeout": { per: "event" }, "ussd.session.initiated": 1 },
      },
    }).map((remark) => remark.split(": ")[0]),
  ).toEqual([
    'rates.ussd.events["ussd.timeout"].rate',
    "rates.ussd.per",
    "rates.ussd.attribute_rates.category.A",
    "rates.ussd.attribute_rates.x-y",
    "rates.ussd.pulse.attribute",
    "rates.ussd.pulse.increment",
    "rates.ussd.size.per",
    "rates.ussd.size.attribute",
    "rates.ussd.base_rate",
  ]);
});
