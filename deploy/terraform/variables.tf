# The parameters of container.yaml, by the same names.

variable "environment" {
  description = "The stage, ENVIRONMENT in the service."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[0-9A-Za-z-]{1,20}$", var.environment))
    error_message = "It has to match ^[0-9A-Za-z-]{1,20}$."
  }
}

variable "vpc_id" {
  description = "Where the balancer and the tasks stand."
  type        = string
}

variable "balancer_subnets" {
  description = "Of two availability zones or more; public ones for an internet-facing balancer."
  type        = list(string)
}

variable "task_subnets" {
  description = "Private ones that reach AWS, through a NAT gateway or endpoints."
  type        = list(string)
}

variable "scheme" {
  description = "Whether the balancer has public addresses."
  type        = string
  default     = "internet-facing"

  validation {
    condition     = contains(["internet-facing", "internal"], var.scheme)
    error_message = "It is one of internet-facing, internal."
  }
}

variable "client_cidr" {
  description = "Where clients come from."
  type        = string
  default     = "0.0.0.0/0"

  validation {
    condition     = can(regex("^[0-9.]+/[0-9]{1,2}$", var.client_cidr))
    error_message = "It has to match ^[0-9.]+/[0-9]{1,2}$."
  }
}

variable "certificate_arn" {
  description = "Of the balancer's HTTPS."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]+$", var.certificate_arn))
    error_message = "It has to match ^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]+$."
  }
}

variable "public_url" {
  description = "Where clients reach the service, a name of the certificate. Signed links begin with it."
  type        = string

  validation {
    condition     = can(regex("^https://[^\\s/?#]+(/[^\\s?#]*)?$", var.public_url))
    error_message = "It has to match ^https://[^\\s/?#]+(/[^\\s?#]*)?$."
  }
}

variable "hosted_zone_id" {
  description = "The Route 53 zone in which public_url's name is to point to the balancer; yours to set elsewhere without."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[0-9A-Z]{0,32}$", var.hosted_zone_id))
    error_message = "hosted_zone_id is a zone's id, or empty."
  }
}

variable "web_acl_arn" {
  description = "A regional web ACL of AWS WAF, for the balancer."
  type        = string
  default     = ""
}

variable "access_logs_bucket" {
  description = "The bucket of the balancer's access logs, whose policy lets Elastic Load Balancing write; none without."
  type        = string
  default     = ""
}

variable "deletion_protection" {
  description = "Whether the balancer refuses to be deleted."
  type        = bool
  default     = true
}

variable "image_uri" {
  description = "The image, by digest (...@sha256:...) so that a rollback starts what ran before."
  type        = string
}

variable "repository_arn" {
  description = "The ECR repository of the image; none where it may be pulled by anybody."
  type        = string
  default     = ""
}

variable "cpu_architecture" {
  description = "What the image is built for."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "It is one of X86_64, ARM64."
  }
}

variable "cpu" {
  description = "One process uses one core (1024)."
  type        = number
  default     = 1024

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.cpu)
    error_message = "It is one of 256, 512, 1024, 2048, 4096."
  }
}

variable "memory" {
  description = "MiB; a socket takes about 40 KiB, histories that are watched up to 900 MiB in all."
  type        = number
  default     = 2048

  validation {
    condition     = var.memory >= 512 && var.memory <= 30720
    error_message = "It is 512 to 30720."
  }
}

variable "min_count" {
  description = "Tasks at least."
  type        = number
  default     = 2

  validation {
    condition     = var.min_count >= 1
    error_message = "It is 1 at least."
  }
}

variable "max_count" {
  description = "Tasks at most."
  type        = number
  default     = 6

  validation {
    condition     = var.max_count >= 1
    error_message = "It is 1 at least."
  }
}

variable "sockets_per_task" {
  description = "What the service is scaled to; a task refuses sockets past 10,000."
  type        = number
  default     = 4000

  validation {
    condition     = var.sockets_per_task >= 100 && var.sockets_per_task <= 10000
    error_message = "It is 100 to 10000."
  }
}

variable "history_reads_per_s" {
  description = "A task's share of the account's 20 GetExecutionHistory a second; a third of them / max_count."
  type        = string
  default     = "1.1"

  validation {
    condition     = can(regex("^[0-9]+(\\.[0-9]+)?$", var.history_reads_per_s))
    error_message = "It has to match ^[0-9]+(\\.[0-9]+)?$."
  }
}

variable "deregistration_delay_s" {
  description = "How long a task that leaves keeps its connections; 315 where synchronous starts take over a minute."
  type        = number
  default     = 60

  validation {
    condition     = var.deregistration_delay_s >= 60 && var.deregistration_delay_s <= 3600
    error_message = "It is 60 to 3600."
  }
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the service's log."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653], var.log_retention_days)
    error_message = "It is one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653."
  }
}

variable "log_key_arn" {
  description = "A KMS key for the logs, whose policy lets CloudWatch Logs use it; CloudWatch's own without."
  type        = string
  default     = ""
}

variable "state_machine_arns" {
  description = "The state machines the service is for; a pattern (...:stateMachine:orders-*) will do."
  type        = list(string)
}

variable "execution_arns" {
  description = "Their executions (...:execution:orders:*, and ...:execution:orders/*:* where a Map is distributed)."
  type        = list(string)
}

variable "map_run_arns" {
  description = "The Map Runs of their distributed Maps (...:mapRun:orders/*:*), if they have any."
  type        = list(string)
  default     = []
}

variable "state_machine_key_arns" {
  description = "The KMS keys of those that are encrypted with one of yours, if there are any."
  type        = list(string)
  default     = []
}

variable "task_arns" {
  description = "Whose waiting tasks may be settled, state machines and activities."
  type        = list(string)
}

variable "trigger_function_arn" {
  description = "trigger-lambda-..., where POST /trigger-workflow is to invoke it; else it starts the state machine itself."
  type        = string
  default     = ""
}

variable "traces_collector_image" {
  description = "The image of AWS's collector of OpenTelemetry, by digest (of public.ecr.aws/aws-observability/aws-otel-collector), which each task then runs beside the service and by which traces go to X-Ray; nothing is traced without."
  type        = string
  default     = ""
}

variable "traces_ratio" {
  description = "How much of what nobody decided about is traced, with traces_collector_image."
  type        = number
  default     = 0.1

  validation {
    condition     = var.traces_ratio >= 0 && var.traces_ratio <= 1
    error_message = "It is 0 to 1."
  }
}

variable "events_stream_arn" {
  description = "Of push.yaml, whose events are then read; without it the tasks poll."
  type        = string
  default     = ""
}

variable "events_stream_key_arn" {
  description = "Of push.yaml; the KMS key of the stream where that isn't Kinesis' own."
  type        = string
  default     = ""
}

variable "callbacks_queue_arn" {
  description = "Of callbacks.yaml, whose messages then settle waiting tasks; callbacks come by HTTP alone without."
  type        = string
  default     = ""
}

variable "callbacks_dead_letters_arn" {
  description = "Of callbacks.yaml; comes with callbacks_queue_arn."
  type        = string
  default     = ""
}

variable "callbacks_key_arn" {
  description = "Of callbacks.yaml; the KMS key of both queues where that isn't SQS's own."
  type        = string
  default     = ""
}

variable "events_secret_arn" {
  description = "The secret whose text is HANDRAIL_EVENTS_SECRET, for status changes that destination.yaml has EventBridge send here; events_stream_arn brings them sooner."
  type        = string
  default     = ""
}

variable "news" {
  description = "Whether these tasks send news; off where others do."
  type        = string
  default     = "on"

  validation {
    condition     = contains(["on", "off"], var.news)
    error_message = "It is one of on, off."
  }
}

variable "notify_secret_arn" {
  description = "The secret whose text is HANDRAIL_NOTIFY, since it holds what news are signed with."
  type        = string
  default     = ""
}

variable "news_private" {
  description = "Hosts and networks whose private addresses news may be sent to, with commas; at port 443."
  type        = string
  default     = ""
}

variable "then_depth" {
  description = "How many executions may start one another by `then`. What they start is of state_machine_arns."
  type        = number
  default     = 5

  validation {
    condition     = var.then_depth >= 1 && var.then_depth <= 99
    error_message = "It is 1 to 99."
  }
}

variable "news_topic_arns" {
  description = "The SNS topics that news go to, if there are any."
  type        = list(string)
  default     = []
}

variable "news_bus_arns" {
  description = "The event buses of EventBridge that news go to, if there are any."
  type        = list(string)
  default     = []
}

variable "news_queue_arns" {
  description = "The SQS queues that news go to, if there are any."
  type        = list(string)
  default     = []
}

variable "news_key_arns" {
  description = "The KMS keys of those topics and queues that are encrypted with one of yours."
  type        = list(string)
  default     = []
}

variable "bus_cache" {
  description = "Whether to make an ElastiCache for Valkey (serverless), by which tasks share reads, quotas and replays; without it, and without bus_url_secret_arn, each task is by itself."
  type        = bool
  default     = false
}

variable "bus_subnets" {
  description = "Of that cache, two or three private ones in zones that ElastiCache Serverless serves; task_subnets will mostly do."
  type        = list(string)
  default     = []
}

variable "bus_max_gb" {
  description = "What that cache may grow to; past it the oldest goes."
  type        = number
  default     = 5

  validation {
    condition     = var.bus_max_gb >= 1 && var.bus_max_gb <= 5000
    error_message = "It is 1 to 5000."
  }
}

variable "bus_max_ecpu_per_s" {
  description = "What that cache may be asked a second; past it commands wait, and tasks go on by themselves."
  type        = number
  default     = 5000

  validation {
    condition     = var.bus_max_ecpu_per_s >= 1000 && var.bus_max_ecpu_per_s <= 15000000
    error_message = "It is 1000 to 15000000."
  }
}

variable "bus_url_secret_arn" {
  description = "The secret whose text is HANDRAIL_BUS_URL, for a Valkey or Redis of your own (rediss://user:password@host:6379)."
  type        = string
  default     = ""
}

variable "bus_cidr" {
  description = "The network that one stands in, which tasks may then reach at bus_port."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([0-9.]+/[0-9]{1,2})?$", var.bus_cidr))
    error_message = "It has to match ^([0-9.]+/[0-9]{1,2})?$."
  }
}

variable "bus_port" {
  description = "Where a bus of your own listens."
  type        = number
  default     = 6379

  validation {
    condition     = var.bus_port >= 1 && var.bus_port <= 65535
    error_message = "It is 1 to 65535."
  }
}

variable "auth" {
  description = "How callers sign in. There is no way to serve a network without."
  type        = string

  validation {
    condition     = contains(["api-key", "jwt", "api-key,jwt"], var.auth)
    error_message = "It is one of api-key, jwt, api-key,jwt."
  }
}

variable "allowed_origins" {
  description = "Origins of other sites whose pages may call, separated by commas; one label may be left open."
  type        = string
  default     = ""
}

variable "allowed_headers" {
  description = "Request headers that their pages may send besides the usual ones, separated by commas."
  type        = string
  default     = ""
}

variable "api_keys_secret_arn" {
  description = "The secret whose text is HANDRAIL_API_KEYS, as handrail api-key prints it."
  type        = string
  default     = ""
}

variable "link_keys_secret_arn" {
  description = "The secret whose text is HANDRAIL_LINK_KEYS, for signed links and for tokens for browsers."
  type        = string
  default     = ""
}

variable "webhook_secrets_secret_arn" {
  description = "The secret whose text is HANDRAIL_WEBHOOK_SECRETS, for inbound webhooks."
  type        = string
  default     = ""
}

variable "jwt_secret_arn" {
  description = "The secret whose text is HANDRAIL_JWT_SECRET, for tokens signed with HS256."
  type        = string
  default     = ""
}

variable "jwt_issuer" {
  description = "Whose tokens are taken."
  type        = string
  default     = ""
}

variable "jwt_audience" {
  description = "Whom tokens have to be for."
  type        = string
  default     = ""
}

variable "jwt_scopes_claim" {
  description = "Where tokens hold their scopes, e.g. cognito:groups, roles or permissions."
  type        = string
  default     = ""
}

variable "jwt_scope_prefix" {
  description = "What tokens' scopes begin with here, e.g. handrail/."
  type        = string
  default     = ""
}

variable "sign_in_client_id" {
  description = "The page's client id at the issuer, where its readers sign in."
  type        = string
  default     = ""
}

variable "sign_in_scopes" {
  description = "The scopes that the page asks the issuer for, with blanks between."
  type        = string
  default     = "openid"
}

variable "sign_in_audience" {
  description = "The audience that the page asks for, where the issuer (Auth0) wants one."
  type        = string
  default     = ""
}
