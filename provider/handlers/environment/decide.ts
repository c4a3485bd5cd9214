import type { InputProblem } from "../../engine/errors.js";
import type { Transition } from "../../engine/handover/job.js";
import { heaviest } from "../../engine/handover/slot-steps.js";
import { digestOf } from "../digest-of.js";
import { isUnknown, type Unknown } from "../unknown.js";
import type { PreviewedEnvironment } from "./declaration.js";
import { type Observed, observedWeights, slotDigest } from "./observe.js";
import type { EnvironmentRecord } from "./record.js";

/** What has to happen so that what is declared is there. */
export type Decision =
    | { kind: "nothing" }
    | { kind: "transition"; transition: Transition; rollback: boolean }
    | { kind: "refused"; problems: InputProblem[] };

type Weights = Readonly<Record<string, number>>;

/** Compares what is declared with what is seen. Pure: preview and `up` decide the same. */
export function decide(declared: PreviewedEnvironment, observed: Observed): Decision {
    const { weights } = declared.traffic;
    const active = observed.record.active;
    if (active === undefined) return first(declared, weights);
    const seen = observedWeights(observed);
    const serving = Object.keys(weights).filter((slot) => (weights[slot] ?? 0) > 0);
    const up = seen !== undefined && serving.every((slot) => isUp(slot, declared, observed));
    if (seen && up && sameWeights(seen, weights) && !observed.traffic?.holding)
        return { kind: "nothing" };
    if (!ownsData(declared)) return stateless(declared, seen, weights);
    return stateful(declared, observed, seen, active);
}

function first(declared: PreviewedEnvironment, weights: Weights): Decision {
    const slot = heaviest(weights) ?? "";
    if (hasClone(declared) && isSplit(weights)) {
        return refused(
            "traffic.weights",
            "are split before there are data to clone",
            "begin with 100 and 0",
        );
    }
    const transition: Transition = declared.adopt
        ? { kind: "adopt", slot }
        : { kind: "start", slot, seed: true };
    return { kind: "transition", transition, rollback: false };
}

function stateless(
    declared: PreviewedEnvironment,
    seen: Weights | undefined,
    weights: Weights,
): Decision {
    const slot = heaviest(weights) ?? "";
    const moves = seen !== undefined && Object.values(seen).some((weight) => weight > 0);
    const transition: Transition = moves
        ? { kind: "shift", from: inDeclaredSlots(seen, declared), moved: false }
        : { kind: "start", slot, seed: false };
    return { kind: "transition", transition, rollback: false };
}

function stateful(
    declared: PreviewedEnvironment,
    observed: Observed,
    seen: Weights | undefined,
    active: string,
): Decision {
    const { weights } = declared.traffic;
    const target = wholeSlot(weights);
    if (target === active) return backToActive(declared, observed, seen, active);
    if (seen === undefined && observed.router === "absent")
        return olderData(active, target ?? heaviest(weights) ?? "");
    if (target === undefined) return split(declared, observed, seen, active);
    const canary = (seen?.[target] ?? 0) > 0;
    return handover(declared, observed, { from: active, to: target, canary });
}

/** The slot with the data gets all the traffic: what else has some is drained, and it is started where it is down. */
function backToActive(
    declared: PreviewedEnvironment,
    observed: Observed,
    seen: Weights | undefined,
    active: string,
): Decision {
    const running = seen !== undefined && isUp(active, declared, observed);
    const transition: Transition = running
        ? { kind: "shift", from: inDeclaredSlots(seen, declared), moved: true }
        : { kind: "start", slot: active, seed: false };
    return { kind: "transition", transition, rollback: false };
}

function split(
    declared: PreviewedEnvironment,
    observed: Observed,
    seen: Weights | undefined,
    active: string,
): Decision {
    const { weights } = declared.traffic;
    const other = Object.keys(weights).find((slot) => slot !== active) ?? "";
    const from = seen ?? { [active]: 100, [other]: 0 };
    const canaryRuns = (from[other] ?? 0) > 0 && isUp(other, declared, observed);
    const clone = canaryRuns ? {} : { clone: { from: active, to: other } };
    return {
        kind: "transition",
        transition: { kind: "shift", from, moved: true, ...clone },
        rollback: false,
    };
}

function handover(
    declared: PreviewedEnvironment,
    { record }: Observed,
    { from, to, canary }: { from: string; to: string; canary: boolean },
): Decision {
    const servedBefore = record.served[to];
    const slot = declared.slots[to];
    const rollback =
        servedBefore !== undefined &&
        slot !== undefined &&
        servedBefore.digest === slotDigest(slot.containers);
    const policy = declared.handover.onRollback;
    const data = rollback && !canary ? dataOfRollback(policy, record, from, to) : "copy";
    if (typeof data === "object") return data;
    return {
        kind: "transition",
        transition: { kind: "handover", from, to, data, canary },
        rollback,
    };
}

function dataOfRollback(
    policy: PreviewedEnvironment["handover"]["onRollback"] | Unknown,
    { lastCommit, left }: EnvironmentRecord,
    from: string,
    to: string,
): "copy" | "discard" | Decision {
    if (isUnknown(policy) || policy === "reverseSync") return "copy";
    const token = tokenOf(lastCommit, to);
    const carry = 'write handover.onRollback: "reverseSync" to carry them along';
    const drop = `, or { discard: "${token}" } to drop what ${from} wrote, for good`;
    const choices = left[to] === undefined ? carry : carry + drop;
    if (policy === "block") {
        return refused(
            "handover.onRollback",
            `is "block", and going back to ${to} leaves behind what ${from} wrote since`,
            choices,
        );
    }
    const path = "handover.onRollback.discard";
    if (policy.discard !== token)
        return refused(path, "is not the token of this rollback", choices);
    if (left[to] !== undefined) return "discard";
    const problem = `goes back to what ${to} left in its volumes, and a later copy took its place`;
    return refused(path, problem, 'write handover.onRollback: "reverseSync"');
}

/** One event, never a standing setting: it changes with every hand-over. */
export function tokenOf(lastCommit: string | undefined, to: string): string {
    return digestOf(["discard", lastCommit, to]);
}

function olderData(active: string, wanted: string): Decision {
    return refused(
        "traffic.weights",
        `give traffic to ${wanted}, and the newest data are in ${active}'s volumes, which serves nothing now`,
        `begin with ${active} at 100, and move the weights in the next change`,
    );
}

function refused(path: string, problem: string, instead: string): Decision {
    return { kind: "refused", problems: [{ path, problem, instead }] };
}

/** Volumes whose data belong to one slot at a time. */
export function ownsData(declared: PreviewedEnvironment): boolean {
    return Object.values(declared.volumes).some(({ mode }) => mode !== "shared");
}

function hasClone(declared: PreviewedEnvironment): boolean {
    return Object.values(declared.volumes).some(({ mode }) => mode === "clone");
}

function isSplit(weights: Weights): boolean {
    return wholeSlot(weights) === undefined;
}

function wholeSlot(weights: Weights): string | undefined {
    return Object.keys(weights).find((slot) => weights[slot] === 100);
}

function isUp(slot: string, declared: PreviewedEnvironment, { alive }: Observed): boolean {
    const { background = [] } = declared.slots[slot] ?? {};
    const keys = Object.keys(declared.slots[slot]?.containers ?? {}).filter(
        (key) => !background.includes(key),
    );
    return (
        keys.length > 0 &&
        keys.every((key) => alive[slot]?.some((one) => one.key === key && one.running))
    );
}

function sameWeights(one: Weights, other: Weights): boolean {
    const slots = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...slots].every((slot) => (one[slot] ?? 0) === (other[slot] ?? 0));
}

function inDeclaredSlots(seen: Weights, declared: PreviewedEnvironment): Record<string, number> {
    const slots = new Set([...Object.keys(seen), ...Object.keys(declared.traffic.weights)]);
    return Object.fromEntries([...slots].map((slot) => [slot, seen[slot] ?? 0]));
}
