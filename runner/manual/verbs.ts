/** Every verb with its flags and exit codes: what help, man page, completion and the command line itself are made of. */

export type FlagText = { value: string | null; text: string };
export type VerbText = {
  summary: string;
  /** More than the summary, where there is more. */
  text?: string;
  flags: Record<string, FlagText>;
  exits: Record<number, string>;
};

const JSON_FLAG: FlagText = { value: null, text: "the same as JSON, for programs" };

export const VERBS = {
  enroll: {
    summary: "make a key and register it at the gateway",
    text:
      "With a code the key is made on this machine and never leaves it. With --key it is configuration management's, and " +
      "registered at the gateway already; saying it again changes nothing.",
    flags: {
      gateway: { value: "URL", text: "the gateway's address; required" },
      code: { value: "CODE", text: "what its administrator was given" },
      key: { value: "FILE", text: "instead of a code: the private key, PKCS8 in PEM, for its owner's eyes only" },
      name: { value: "NAME", text: "for a code of many names; without it the host's short name" },
      replace: { value: null, text: "a new key for a folder that is enrolled already; id and jobs stay" },
    },
    exits: { 0: "enrolled", 1: "refused or unreachable", 2: "usage, or enrolled already without --replace" },
  },
  start: {
    summary: "take jobs until told to stop",
    text: "SIGTERM ends it within 5 s. Containers go on, the next start takes them up.",
    flags: {
      "adopt-foreign": {
        value: null,
        text: "take up containers that a lost state folder of this runner (same name at the gateway) has left",
      },
    },
    exits: {
      0: "stopped by a signal",
      1: "error, or another runner works in the folder",
      2: "a wrong setting",
      3: "revoked",
    },
  },
  status: {
    summary: "show what the runner does now",
    flags: { json: JSON_FLAG },
    exits: {
      0: "ok",
      1: "degraded: a line is down, a GPU is lost, or it takes no jobs without being drained",
      2: "not connected, or no runner",
    },
  },
  drain: {
    summary: "take no new jobs and wait for the rest",
    text: "Stopping the command changes nothing. resume, or a restart of the runner, takes jobs again. With --before the command returns at once and a restart changes nothing.",
    flags: {
      before: { value: "MOMENT", text: "drain only from then on; until then take jobs that will be over" },
      until: { value: "MOMENT", text: "with --before: it ends by itself then" },
    },
    exits: { 0: "no jobs are left, or the drain is planned", 1: "the runner stopped meanwhile", 2: "no runner" },
  },
  resume: {
    summary: "take jobs again after drain",
    text: "Ends what was said on this machine. What the site said at the gateway ends there.",
    flags: {},
    exits: { 0: "done", 2: "no runner" },
  },
  doctor: {
    summary: "try everything that a runner needs, change nothing",
    text: "Says for each failure what to do. Containers and the image that they are tried with are removed again.",
    flags: {
      gateway: { value: "URL", text: "tries the way to this one; before the enrolment nothing else says which" },
      image: { value: "NAME", text: "pulled for real, and removed; one that this machine does not have yet" },
      json: JSON_FLAG,
    },
    exits: { 0: "all is well", 1: "something is wrong, or was not tried to the end", 2: "not enrolled, or no gateway" },
  },
  remove: {
    summary: "take the machine off the gateway's list and delete its key",
    text:
      "For a runner that is stopped and has no jobs. Settings, folders of jobs and the journal, under another name, stay. " +
      "The name is free afterwards.",
    flags: { offline: { value: null, text: "delete this side only, without asking the gateway" } },
    exits: {
      0: "removed",
      1: "refused: it works, it still has jobs, or the gateway says no",
      2: "the gateway cannot be reached, usage, or not enrolled",
    },
  },
  clean: {
    summary: "list or remove what no runner of this machine owns",
    text: "Containers, networks, folders of jobs and images that runners left which are no more. Safe beside runners at work.",
    flags: {
      yes: { value: null, text: "remove it; without this it is listed" },
      running: { value: null, text: "containers that run, too" },
      json: JSON_FLAG,
    },
    exits: {
      0: "listed, or all of it removed",
      1: "something could not be removed, or Podman not asked",
      2: "not enrolled",
    },
  },
} satisfies Record<string, VerbText>;

export type Verb = keyof typeof VERBS;

/** Known to every verb. */
export const COMMON_FLAGS: Record<string, FlagText> = {
  "state-dir": { value: "DIR", text: "the runner's own folder; required, unless UCLOUD_RUNNER_STATE_DIR names it" },
  config: { value: "FILE", text: "JSON object of settings; without it config.json in the state folder" },
  help: { value: null, text: "what this verb does, with its flags and exit codes" },
  version: { value: null, text: "the runner's version" },
};

export const UNITS = [
  "SIZE is in bytes, or text such as 512MiB, 64GiB, 1.5T: powers of 1024; MB and GB are powers of 1000.",
  "MOMENT is a day with a time, such as 2027-03-04T06:00, in the machine's own time, or with a zone: 2027-03-04T06:00Z.",
  "TIME is text such as 14d, 36h, 90m, or 0.",
  "LIST is separated by commas, in the config file a JSON list.",
];

export const SETTINGS_ORDER =
  "Each as --NAME, as UCLOUD_RUNNER_NAME (capitals, _ for -), or in the config file, in that order. A change needs a restart, which leaves jobs alone.";
