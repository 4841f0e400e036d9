import { isObject } from "../http/json.js";
import { RegistrationFault } from "./faults.js";
import { type Json, type JsonObject, type Template } from "./template-text.js";

/*
 * What a template says once its parameters are known.
 * https://docs.aws.amazon.com/iot/latest/developerguide/provision-template.html
 */

/** Values of parameters, as a device or an operator gives them. */
export type Parameters = Readonly<Record<string, string>>;

/** @throws RegistrationFault from what it returns, where a value cannot be told */
export function evaluator(template: Template, given: Parameters): (value: Json) => Json {
  const valueOf = (name: string): string => {
    const isDeclared = template.parameters.has(name);
    const own = isDeclared && Object.hasOwn(given, name) ? given[name] : undefined;
    return (
      own ??
      template.parameters.get(name) ??
      invalid(
        isDeclared
          ? `Parameter ${name} is required, and has no default`
          : `Cannot resolve reference value: ${name}`,
      )
    );
  };

  const evaluate = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(evaluate);
    if (!isObject(value)) return value;
    const [[name, argument] = ["", null], another] = Object.entries(value);
    if (another === undefined && name === "Ref") {
      return typeof argument === "string" ? valueOf(argument) : invalid("Ref takes a name");
    }
    if (another === undefined && name.startsWith("Fn::")) return call(name, argument);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, evaluate(item)]));
  };

  const call = (name: string, argument: Json): Json => {
    const wrong = (wanted: string): never => invalid(`${name} takes ${wanted}`);
    if (name === "Fn::Sub") return substitute(argument, wrong);
    const values = evaluate(argument);
    if (!Array.isArray(values)) return wrong("a list");
    const [first, second, third] = values as readonly Json[];
    switch (name) {
      case "Fn::Join": {
        if (typeof first !== "string" || !Array.isArray(second)) {
          return wrong("a delimiter and a list of texts");
        }
        return second.map((item: Json) => textOf(item, wrong)).join(first);
      }
      case "Fn::Split":
        if (typeof first !== "string" || first === "" || typeof second !== "string") {
          return wrong("a delimiter and a text");
        }
        return second.split(first);
      case "Fn::Select": {
        if (!Array.isArray(second)) return wrong("an index and a list");
        const found = second[Number(first)] as Json | undefined;
        return found ?? invalid(`Fn::Select finds nothing at index ${String(first)}`);
      }
      default: {
        const [map, key, entry] = [first, second, third].map((item) => textOf(item, wrong));
        const inMap = own(template.mappings, map);
        const inKey = isObject(inMap) ? own(inMap, key) : undefined;
        const found = isObject(inKey) ? own(inKey, entry) : undefined;
        return found ?? invalid(`Fn::FindInMap finds nothing for ${map}, ${key}, ${entry}`);
      }
    }
  };

  /** A text with `${names}`, alone or with values of its own. */
  const substitute = (argument: Json, wrong: (wanted: string) => never): string => {
    const [text, own_ = {}] = Array.isArray(argument) ? (argument as readonly Json[]) : [argument];
    if (typeof text !== "string" || !isObject(own_)) return wrong("a text, or a text and values");
    return text.replace(/\$\{(!?)([^}]+)\}/g, (whole, literal: string, name: string) => {
      if (literal !== "") return `\${${name}}`;
      const value = own(own_, name);
      return value === undefined ? valueOf(name) : textOf(evaluate(value), wrong) || whole;
    });
  };

  return evaluate;
}

function own(of: JsonObject, name: string | undefined): Json | undefined {
  return name !== undefined && Object.hasOwn(of, name) ? of[name] : undefined;
}

function textOf(value: Json | undefined, wrong: (wanted: string) => never): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : wrong("texts");
}

function invalid(message: string): never {
  throw new RegistrationFault("InvalidParameters", message);
}
