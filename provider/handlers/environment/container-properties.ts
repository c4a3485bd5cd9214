/**
 * Properties of `docker.ContainerArgs` that the environment sets itself, with what to write
 * instead. A test holds these two lists against the installed `@pulumi/docker`.
 */
export const ownedProperties = {
    name: "leave it out: the name carries project, stack, environment, slot and release",
    ports: "leave it out, and write traffic.listen and traffic.to",
    publishAllPorts: "leave it out, and write traffic.listen and traffic.to",
    start: "leave it out: the weights say which slot runs",
    mustRun: "leave it out: the weights say which slot runs",
    restart: "leave it out: the slot that serves is restarted by the engine",
    maxRetryCount: "leave it out: the slot that serves is restarted by the engine",
    rm: "leave it out: a slot that does not serve is kept, stopped",
    attach: "leave it out: the hand-over starts containers, not Pulumi",
    logs: "leave it out: the hand-over starts containers, not Pulumi",
    wait: "leave it out, and write health",
    waitTimeout: "leave it out, and write health.timeout",
    networkMode: "leave it out: each slot has a network of its own; networksAdvanced adds others",
} as const;

export type OwnedProperty = keyof typeof ownedProperties;

/** Properties of `docker.ContainerArgs` that reach a slot's container as they are written. */
export const passedProperties = [
    "capabilities",
    "cgroupParent",
    "cgroupnsMode",
    "command",
    "containerReadRefreshTimeoutMilliseconds",
    "cpuPeriod",
    "cpuQuota",
    "cpuSet",
    "cpuShares",
    "cpus",
    "destroyGraceSeconds",
    "deviceCgroupRules",
    "deviceReadBps",
    "deviceReadIops",
    "deviceRequests",
    "deviceWriteBps",
    "deviceWriteIops",
    "devices",
    "dns",
    "dnsOpts",
    "dnsSearches",
    "domainname",
    "entrypoints",
    "envs",
    "gpus",
    "groupAdds",
    "healthcheck",
    "hostname",
    "hosts",
    "image",
    "init",
    "ipcMode",
    "labels",
    "logDriver",
    "logOpts",
    "memory",
    "memoryReservation",
    "memorySwap",
    "mounts",
    "networksAdvanced",
    "pidMode",
    "platform",
    "privileged",
    "readOnly",
    "removeVolumes",
    "runtime",
    "securityOpts",
    "shmSize",
    "stdinOpen",
    "stopSignal",
    "stopTimeout",
    "storageOpts",
    "sysctls",
    "tmpfs",
    "tty",
    "ulimits",
    "uploads",
    "user",
    "usernsMode",
    "volumes",
    "workingDir",
] as const;

/**
 * Names of the properties in a container's arguments that it must not have, in the order in which
 * they are written.
 */
export function refusedProperties(spec: object): string[] {
    const passed: ReadonlySet<string> = new Set(passedProperties);
    return Object.entries(spec)
        .filter(([name, value]) => value != null && !passed.has(name))
        .map(([name]) => name);
}
