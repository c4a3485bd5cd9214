import { type Place, placeName } from "../../volumes/refs.js";

/** What the titles tell of a migration: in preview, some of it may read "(known after apply)". */
export interface VolumeOutline {
    source: Place;
    destination: Place;
    verify: string;
    onExisting: string;
    quiesce?: { containers: readonly string[]; how: string; then: string };
}

/** The steps of a migration, by the names that the journal has, with what they do, for people. */
export type VolumeTitles = Readonly<Record<VolumeStepName, string>>;

export type VolumeStepName =
    | "look"
    | "copy"
    | "quiesce"
    | "last-pass"
    | "resume"
    | "commit"
    | "close";

export function volumeTitles(job: VolumeOutline): VolumeTitles {
    const { source, quiesce } = job;
    const names = quiesce?.containers.join(", ") ?? "";
    const several = (quiesce?.containers.length ?? 0) > 1;
    const copy = copyTitle(job);
    const proof = job.verify === "none" ? "" : ` and prove the copy (${job.verify})`;
    const stays =
        quiesce?.then === "stay"
            ? `; ${names} ${several ? "stay" : "stays"} ${past(quiesce.how)}`
            : "";
    return {
        look: "archive" in source ? "look at archive and volume" : "look at both volumes",
        copy: `${copy}, while ${names} ${several ? "run" : "runs"}`,
        quiesce: `${quiesce?.how ?? "stop"} ${names}`,
        "last-pass": `${quiesce ? "copy what is left" : copy}${proof}`,
        resume: `let ${names} run again`,
        commit: `commit: the copy is whole${stays}`,
        close: "end the mover",
    };
}

function copyTitle({ source, destination, onExisting }: VolumeOutline): string {
    const [from, to] = [placeName(source), placeName(destination)];
    const updates = onExisting === "update";
    if ("archive" in source)
        return `restore ${from} into ${to}${updates ? ", emptied first," : ""}`;
    return `copy ${from} into ${to}${updates ? ", deleting what only it has" : ""}`;
}

/** Which of them a migration takes, in order. */
export function volumeStepNames({ quiesce }: Pick<VolumeOutline, "quiesce">): VolumeStepName[] {
    if (!quiesce) return ["look", "last-pass", "commit", "close"];
    const resume: VolumeStepName[] = quiesce.then === "restart" ? ["resume"] : [];
    return ["look", "copy", "quiesce", "last-pass", ...resume, "commit", "close"];
}

function past(how: string): string {
    return how === "pause" ? "paused" : "stopped";
}

/** An empty source is copied as it is, and Docker treats the copy as any empty volume. */
export function emptySource(source: Place): string {
    return `source ${placeName(source)} is empty: Docker fills its copy from the image of the first container that mounts it, unless that mount says noCopy`;
}
