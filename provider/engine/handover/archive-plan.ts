/** What the titles tell of a save: in preview, some of it may read "(known after apply)". */
export interface ArchiveOutline {
    /** What is saved: a volume, a folder, or "the volumes of" a container. */
    from: string;
    path: string;
    encrypted: boolean;
    onExisting: string;
    quiesce?: { containers: readonly string[]; how: string; then: string };
}

/** The steps of a save, by the names that the journal has. */
export type ArchiveStepName = "look" | "quiesce" | "save" | "resume" | "check" | "commit" | "close";

/** What they do, for people. */
export function archiveTitles(outline: ArchiveOutline): Readonly<Record<ArchiveStepName, string>> {
    const { from, path, encrypted, onExisting, quiesce } = outline;
    const names = quiesce?.containers.join(", ") ?? "";
    const several = (quiesce?.containers.length ?? 0) > 1;
    const past = quiesce?.how === "pause" ? "paused" : "stopped";
    const stays =
        quiesce?.then === "stay" ? `; ${names} ${several ? "stay" : "stays"} ${past}` : "";
    const replacing = onExisting === "replace" ? ", in place of what has this name" : "";
    return {
        look: `look at ${from}, and where the archive is to be`,
        quiesce: `${quiesce?.how ?? "stop"} ${names}`,
        save: `save ${from} to ${path}.partial${encrypted ? ", encrypted" : ""}`,
        resume: `let ${names} run again`,
        check: encrypted
            ? "read the file back and compare its digest"
            : "read the archive back and compare every entry",
        commit: `commit: name it ${path}${replacing}${stays}`,
        close: "end what still runs",
    };
}

/** Which of them a save takes, in order. */
export function archiveStepNames({ quiesce }: Pick<ArchiveOutline, "quiesce">): ArchiveStepName[] {
    if (!quiesce) return ["look", "save", "check", "commit", "close"];
    const resume: ArchiveStepName[] = quiesce.then === "restart" ? ["resume"] : [];
    return ["look", "quiesce", "save", ...resume, "check", "commit", "close"];
}
