/** What the titles tell of a move: in preview, some of it may read "(known after apply)". */
export interface ContainerOutline {
    container: string;
    name: string;
    /** The volumes that are copied; undefined where preview could not look. */
    volumes?: readonly string[];
    layer: string;
    memory: string;
    verify: string;
    onExisting: string;
}

/** The steps of a move, by the names that the journal has. */
export type ContainerStepName =
    | "look"
    | "create"
    | "copy"
    | "stop"
    | "checkpoint"
    | "last-pass"
    | "keep-layer"
    | "start"
    | "commit"
    | "settle"
    | "close";

/** What each step does, for people. */
export function containerTitles(outline: ContainerOutline): Record<ContainerStepName, string> {
    const { container, name, verify } = outline;
    const volumes = volumesText(outline);
    const deleting = outline.onExisting === "update" ? ", deleting what only the copies have" : "";
    const proof = verify === "none" ? "" : ` and prove the copies equal (${verify})`;
    const goesOn = outline.memory === "checkpoint";
    return {
        look: `look at ${container} and its volumes`,
        create: `create ${name}, not started`,
        copy: `copy ${volumes}${deleting}, while ${container} runs`,
        stop: `stop ${container}`,
        checkpoint: `write the memory of ${container} to disk, and stop it there`,
        "last-pass": `copy what is left${proof}`,
        "keep-layer": `keep the layer of ${container} as an image, and create ${name} from it`,
        start: goesOn
            ? `let ${name} go on where ${container} was, and wait until healthy`
            : `start ${name} and wait until healthy`,
        commit: `commit: ${name} takes over; ${container} stays stopped`,
        settle: "set what starts again by itself",
        close: goesOn ? "end the movers, remove the memory from disk" : "end the movers",
    };
}

/** Which of them a move takes, in order. */
export function containerStepNames({
    volumes,
    layer,
    memory,
}: Pick<ContainerOutline, "volumes" | "layer" | "memory">): ContainerStepName[] {
    const copies = volumes === undefined || volumes.length > 0;
    return [
        "look",
        ...(layer === "commit" ? [] : (["create"] as const)),
        ...(copies ? (["copy"] as const) : []),
        memory === "checkpoint" ? "checkpoint" : "stop",
        ...(copies ? (["last-pass"] as const) : []),
        ...(layer === "commit" ? (["keep-layer"] as const) : []),
        "start",
        "commit",
        "settle",
        "close",
    ];
}

function volumesText({ container, volumes }: ContainerOutline): string {
    if (volumes === undefined) return `the volumes of ${container}`;
    return `${volumes.length === 1 ? "volume" : "volumes"} ${volumes.join(", ")}`;
}
