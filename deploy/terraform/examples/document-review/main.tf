# A state machine of this repository, Handrail in front of it, events that are pushed, and alarms. An activity
# does its work (`handrail worker`), so no function has to be there.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.60, < 7.0"
    }
  }
}

variable "environment" {
  description = "The stage, in every name."
  type        = string
  default     = "dev"
}

variable "vpc_id" {
  description = "Where everything stands."
  type        = string
}

variable "public_subnets" {
  description = "Of two availability zones or more, for the balancer."
  type        = list(string)
}

variable "private_subnets" {
  description = "For the tasks, with a way out to AWS."
  type        = list(string)
}

variable "certificate_arn" {
  description = "For the name in public_url."
  type        = string
}

variable "public_url" {
  description = "Where clients reach the service."
  type        = string
}

variable "image_uri" {
  description = "The image, by digest."
  type        = string
}

variable "repository_arn" {
  description = "The image's repository."
  type        = string
}

variable "api_keys_secret_arn" {
  description = "The secret whose text is what `handrail api-key` prints for the service."
  type        = string
}

variable "alarm_email" {
  description = "Who gets the alarms, once they have confirmed it."
  type        = string
}

variable "templates_bucket" {
  description = "The bucket that CloudFormation reads the alarms' template from."
  type        = string
}

data "aws_s3_bucket" "templates" {
  bucket = var.templates_bucket
}

locals {
  machine     = "document-review${var.environment == "dev" ? "" : "-${var.environment}"}"
  deploy      = "${path.module}/../../.."
  permissions = jsondecode(file("${local.deploy}/permissions.json"))
}

resource "aws_sfn_activity" "document_review" {
  name = local.machine
}

# A definition's substitutions are what Terraform's own templates call the same way.
resource "aws_sfn_state_machine" "document_review" {
  name     = local.machine
  type     = "STANDARD"
  role_arn = aws_iam_role.executions.arn

  definition = templatefile("${local.deploy}/../state_machines/document-review/definition.asl.json", {
    DocumentReviewActivityArn = aws_sfn_activity.document_review.id
  })

  logging_configuration {
    level                  = "ALL"
    include_execution_data = true
    log_destination        = "${aws_cloudwatch_log_group.executions.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  depends_on = [aws_iam_role_policy.executions]
}

resource "aws_cloudwatch_log_group" "executions" {
  # checkov:skip=CKV_AWS_158:CloudWatch's own key is enough for an example.
  # checkov:skip=CKV_AWS_338:A month is enough for an example.
  name              = "/aws/vendedlogs/states/handrail-${var.environment}"
  retention_in_days = 30
}

resource "aws_iam_role" "executions" {
  name_prefix = "document-review-"
  description = "The executions of document-review"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "states.amazonaws.com" }
        Action    = "sts:AssumeRole"
      }
    ]
  })
}

resource "aws_iam_role_policy" "executions" {
  name = "observed"
  role = aws_iam_role.executions.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for statement in flatten([
        for purpose in local.permissions.roles["state-machine"] : local.permissions.purposes[purpose]
      ]) : merge(statement, { Effect = "Allow" })
    ]
  })
}

# What pushes and what alarms are the same templates as with CloudFormation.
resource "aws_cloudformation_stack" "push" {
  # checkov:skip=CKV_AWS_124:Terraform waits for the stack and says what became of it.
  name          = "handrail-push-${var.environment}"
  template_body = file("${local.deploy}/push.yaml")
  capabilities  = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]

  parameters = {
    Environment      = var.environment
    StateMachineArns = aws_sfn_state_machine.document_review.arn
    LogGroups        = aws_cloudwatch_log_group.executions.name
  }
}

# Too long to be sent as it is.
resource "aws_s3_object" "alarms" {
  bucket = var.templates_bucket
  key    = "handrail/alarms-${filemd5("${local.deploy}/alarms.yaml")}.yaml"
  source = "${local.deploy}/alarms.yaml"
}

resource "aws_cloudformation_stack" "alarms" {
  # checkov:skip=CKV_AWS_124:Terraform waits for the stack and says what became of it.
  name         = "handrail-alarms-${var.environment}"
  template_url = "https://${data.aws_s3_bucket.templates.bucket_regional_domain_name}/${aws_s3_object.alarms.key}"
  capabilities = ["CAPABILITY_AUTO_EXPAND"]

  parameters = {
    Environment        = var.environment
    AlarmEmail         = var.alarm_email
    StateMachineArns   = aws_sfn_state_machine.document_review.arn
    StateMachineAlarms = "listed"
    LoadBalancerName   = module.handrail.load_balancer_name
    TargetGroupName    = module.handrail.target_group_name
    ClusterName        = module.handrail.cluster_name
    ServiceName        = module.handrail.service_name
    TicketsTableName   = module.handrail.tickets_table_name
    UsesBus            = module.handrail.uses_bus
    CacheName          = module.handrail.cache_name
    EventsStreamName   = aws_cloudformation_stack.push.outputs["EventsStreamName"]
  }
}

module "handrail" {
  source = "../.."

  environment      = var.environment
  vpc_id           = var.vpc_id
  balancer_subnets = var.public_subnets
  task_subnets     = var.private_subnets
  certificate_arn  = var.certificate_arn
  public_url       = var.public_url
  image_uri        = var.image_uri
  repository_arn   = var.repository_arn

  auth                = "api-key"
  api_keys_secret_arn = var.api_keys_secret_arn

  state_machine_arns = [aws_sfn_state_machine.document_review.arn]
  execution_arns     = ["${replace(aws_sfn_state_machine.document_review.arn, ":stateMachine:", ":execution:")}:*"]
  task_arns          = [aws_sfn_activity.document_review.id]
  events_stream_arn  = aws_cloudformation_stack.push.outputs["EventsStreamArn"]
}

output "balancer" {
  description = "What public_url's name has to point to."
  value       = module.handrail.load_balancer_dns_name
}
