import type { PaymentBody } from "#gateway/rest/payment-body.ts";
import { eventually, type Tenant, type World } from "../pipeline/world.ts";

export interface Begun {
  readonly payment_id: string;
}

/** Payments as a tenant and its provider see them, on the running product. */
export interface Payments<Books> {
  /** @param paymentMethodId null: the payer gets a link. */
  tenant(paymentMethodId: string | null): Promise<Tenant>;
  /** Asks for a top-up; again for the same tenant, it is the same one. */
  pay(tenant: Tenant, amount?: string): Promise<Begun>;
  until(tenant: Tenant, begun: Begun, state: PaymentBody["state"]): Promise<PaymentBody>;
  of(tenant: Tenant, begun: Begun): Promise<PaymentBody>;
  balance(tenant: Tenant): Promise<string>;
  /** The simulator's own doors, under /simulator. */
  simulator<Answer>(path: string, body?: object): Promise<Answer>;
  /** Undefined: it has no charge of this payment. */
  books(begun: Begun): Promise<Books | undefined>;
}

export function paymentsBy<Books>(provider: "stripe" | "paypal", world: () => World): Payments<Books> {
  const of = ({ rest }: Tenant, { payment_id: id }: Begun): Promise<PaymentBody> =>
    rest.get<PaymentBody>(`/api/v2/payments/${id}`).catch(() => ({ state: "collecting" }) as PaymentBody);
  const simulator = async <Answer>(path: string, body?: object): Promise<Answer> => {
    const url = `${world().environment.urls[`${provider}Simulator`]}/simulator/${path}`;
    const answer = await fetch(url, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
    return (await answer.json()) as Answer;
  };
  return {
    async tenant(paymentMethodId) {
      const tenant = await world().tenant("PAY", { email: "ops@pay.test" });
      await world().admin.patch(`/api/v2/tenants/${tenant.tenantId}`, {
        payment: { provider, customer_id: null, payment_method_id: paymentMethodId },
      });
      return tenant;
    },
    pay: ({ rest, tenantId }, amount = "25.00") =>
      rest.post(`/api/v2/tenants/${tenantId}/payments`, { amount }, { "idempotency-key": "first" }),
    of,
    until: (tenant, begun, state) =>
      eventually(
        () => of(tenant, begun),
        (payment) => payment.state === state,
      ),
    balance: async ({ rest, tenantId }) =>
      (await rest.get<{ balance: string }>(`/api/v2/tenants/${tenantId}/balance`)).balance,
    simulator,
    books: async ({ payment_id: id }) => (await simulator<Record<string, Books>>("books"))[id],
  };
}
