# Who may do what. The statements are those of permissions.json, which the CloudFormation templates are
# held to as well; one whose resources are not given is left out.

locals {
  permissions = jsondecode(file("${path.module}/../permissions.json"))

  resources = {
    "*"                 = ["*"]
    StateMachineArns    = var.state_machine_arns
    ExecutionArns       = var.execution_arns
    MapRunArns          = var.map_run_arns
    StateMachineKeyArns = var.state_machine_key_arns
    TaskArns            = var.task_arns
    TriggerFunctionArn  = compact([var.trigger_function_arn])
    NewsTopicArns       = var.news_topic_arns
    NewsBusArns         = var.news_bus_arns
    NewsQueueArns       = var.news_queue_arns
    NewsKeyArns         = var.news_key_arns
    EventsStreamArn     = compact([var.events_stream_arn])
    EventsStreamKeyArn  = compact([var.events_stream_key_arn])
    TableArn            = [aws_dynamodb_table.tickets.arn]
    DueIndexArn         = ["${aws_dynamodb_table.tickets.arn}/index/due"]
    LogGroupArn         = ["${aws_cloudwatch_log_group.container.arn}:*"]
    RepositoryArn       = compact([var.repository_arn])
    SecretArns          = compact(values(local.secrets))

    CallbacksQueueArn       = compact([var.callbacks_queue_arn])
    CallbacksDeadLettersArn = compact([var.callbacks_dead_letters_arn])
    CallbacksKeyArn         = compact([var.callbacks_key_arn])

    TracesCollectorImage = local.collectors
  }

  statements = {
    for role in ["task", "task-execution"] : role => [
      for statement in flatten([
        for purpose in local.permissions.roles[role] : local.permissions.purposes[purpose]
        ]) : {
        Sid      = statement.Sid
        Effect   = "Allow"
        Action   = statement.Action
        Resource = local.resources[statement.Resource]
      }
      if length(local.resources[statement.Resource]) > 0 && length(local.resources[lookup(statement, "With", "*")]) > 0
    ]
  }

  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "ecs-tasks.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = { "aws:SourceAccount" = local.account }
          ArnLike      = { "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:ecs:${local.place}:*" }
        }
      }
    ]
  })
}

resource "aws_iam_role" "task" {
  name_prefix        = "${local.name}-task-"
  description        = "The service's own calls"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "task" {
  name   = "handrail"
  role   = aws_iam_role.task.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements["task"] })
}

# A secret or a repository under a KMS key of one's own grants kms:Decrypt to this role in that key's policy.
resource "aws_iam_role" "task_execution" {
  name_prefix        = "${local.name}-start-"
  description        = "What ECS needs to start a task"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "task_execution" {
  name   = "start"
  role   = aws_iam_role.task_execution.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements["task-execution"] })
}
