import { call, path } from "../../../gateway/call";
import { linkOfRun } from "../../../gateway/catalog";
import { linked, type Operation } from "../../operation";
import { id } from "../../parameters";

export const get: Operation = {
  name: "Get",
  value: "get",
  action: "Get a payment",
  description: "Read a payment with its attempts and what came in",
  fields: [
    {
      displayName: "Payment ID",
      name: "paymentId",
      type: "string",
      required: true,
      default: "",
      placeholder: "inv-01936f2e-7c1a-7000-8000-5a1b2c3d4e5f",
    },
  ],
  run: async (context, item) => {
    const paymentId = id(context, "paymentId", item);
    const answer = await call(context, { url: path`/api/v2/payments/${paymentId}`, item });
    return [linked(answer, await linkOfRun(context, `payment-${paymentId}`))];
  },
};
