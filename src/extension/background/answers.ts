import type { ArrivalHandlers } from "../requests/arrivals.js";
import { memberAnswers } from "./member-answers.js";
import { takeNotice } from "./notices.js";
import { ownerAnswers, takeOffer, takeReceipt, takeReport } from "./owner-answers.js";

/** Who is told when an answer, report, notice or receipt has come. It only connects. */
export const arrivals: ArrivalHandlers = {
  answers: { ...memberAnswers, ...ownerAnswers },
  report: takeReport,
  offer: takeOffer,
  notice: takeNotice,
  receipt: takeReceipt,
};
