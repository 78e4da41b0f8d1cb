import type { SampleRequest } from "./requests.ts";

export const PRICE_RULE_SAMPLES: readonly SampleRequest[] = [
  {
    operation: "fx_rates.create",
    method: "POST",
    route: "/api/v2/fx-rates",
    url: "/api/v2/fx-rates",
    body: { base: "EUR", quote: "USD", rate: "1.0842", source: "ECB" },
    status: 201,
  },
  {
    operation: "fx_rates.list",
    method: "GET",
    route: "/api/v2/fx-rates",
    url: "/api/v2/fx-rates",
    status: 200,
  },
  {
    operation: "load_signals.create",
    method: "POST",
    route: "/api/v2/load-signals",
    url: "/api/v2/load-signals",
    body: { percent: "85", source: "prometheus" },
    status: 201,
  },
  {
    operation: "load_signals.list",
    method: "GET",
    route: "/api/v2/load-signals",
    url: "/api/v2/load-signals",
    status: 200,
  },
  {
    operation: "supplier_sheets.create",
    method: "POST",
    route: "/api/v2/supplier-sheets",
    url: "/api/v2/supplier-sheets",
    body: { connector: "smsc-1", currency: "USD", rows: [{ rate: "0.006" }] },
    status: 201,
  },
  {
    operation: "supplier_sheets.read",
    method: "GET",
    route: "/api/v2/supplier-sheets/:connector",
    url: "/api/v2/supplier-sheets/smsc-0",
    status: 200,
  },
];
