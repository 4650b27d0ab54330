/** YAML, read by the library that Ansible and cloud-init read it with. */
import { execFileSync } from "node:child_process";

const TO_JSON = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";

export function readYaml(text: string): unknown {
  return JSON.parse(execFileSync("/usr/bin/python3", ["-c", TO_JSON], { input: text, encoding: "utf8" }));
}
