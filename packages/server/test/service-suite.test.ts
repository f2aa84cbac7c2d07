/** The service suite, in process. */
import { inProcess } from "./rules-house.ts";
import { serviceSuite } from "./service-suite.ts";

serviceSuite(inProcess);
