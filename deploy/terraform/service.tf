# What runs, and what it is told.

locals {
  bus_url = [for cache in aws_elasticache_serverless_cache.bus : "rediss+cluster://${cache.endpoint[0].address}:${cache.endpoint[0].port}"]

  environment = {
    ENVIRONMENT                 = var.environment
    HANDRAIL_LOG_FORMAT         = "json"
    HANDRAIL_METRICS            = "emf"
    HANDRAIL_PUBLIC_URL         = var.public_url
    HANDRAIL_MACHINES           = join(",", var.state_machine_arns)
    HANDRAIL_PROXIES            = "1"
    HANDRAIL_TABLE              = aws_dynamodb_table.tickets.name
    HANDRAIL_TRIGGER            = var.trigger_function_arn == "" ? "start" : "lambda"
    HANDRAIL_EVENTS_STREAM      = var.events_stream_arn
    HANDRAIL_CALLBACKS_QUEUE    = var.callbacks_queue_arn
    HANDRAIL_NEWS               = var.news
    HANDRAIL_NEWS_PRIVATE       = var.news_private
    HANDRAIL_THEN_DEPTH         = tostring(var.then_depth)
    HANDRAIL_BUS_URL            = join("", local.bus_url)
    HANDRAIL_LIVE_READS_PER_S   = var.history_reads_per_s
    HANDRAIL_LIVE_READS_BURST   = "22"
    HANDRAIL_LIVE_MAX_WATCHERS  = "1000"
    HANDRAIL_LIVE_LOG_BYTES     = "524288"
    HANDRAIL_WS_HEARTBEAT_S     = "25"
    HANDRAIL_WS_MAX_SOCKETS     = "10000"
    HANDRAIL_KEEP_ALIVE_S       = "330"
    HANDRAIL_DRAIN_DELAY_S      = "0"
    HANDRAIL_DRAIN_WINDOW_S     = "10"
    HANDRAIL_GRACEFUL_TIMEOUT_S = "30"
    HANDRAIL_ALLOWED_ORIGINS    = var.allowed_origins
    HANDRAIL_ALLOWED_HEADERS    = var.allowed_headers
    HANDRAIL_AUTH               = var.auth
    HANDRAIL_JWT_ISSUER         = var.jwt_issuer
    HANDRAIL_JWT_AUDIENCE       = var.jwt_audience
    HANDRAIL_JWT_SCOPES_CLAIM   = var.jwt_scopes_claim
    HANDRAIL_JWT_SCOPE_PREFIX   = var.jwt_scope_prefix
    HANDRAIL_SIGN_IN_CLIENT_ID  = var.sign_in_client_id
    HANDRAIL_SIGN_IN_SCOPES     = var.sign_in_scopes
    HANDRAIL_SIGN_IN_AUDIENCE   = var.sign_in_audience
  }

  collectors = compact([var.traces_collector_image])

  tracing = {
    HANDRAIL_TRACES             = "true"
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://localhost:4318"
    OTEL_TRACES_SAMPLER         = "parentbased_traceidratio"
    OTEL_TRACES_SAMPLER_ARG     = tostring(var.traces_ratio)
  }

  secrets = {
    HANDRAIL_API_KEYS        = var.api_keys_secret_arn
    HANDRAIL_LINK_KEYS       = var.link_keys_secret_arn
    HANDRAIL_WEBHOOK_SECRETS = var.webhook_secrets_secret_arn
    HANDRAIL_JWT_SECRET      = var.jwt_secret_arn
    HANDRAIL_BUS_URL         = var.bus_url_secret_arn
    HANDRAIL_EVENTS_SECRET   = var.events_secret_arn
    HANDRAIL_NOTIFY          = var.notify_secret_arn
  }

  handrail = {
    name                   = "handrail"
    image                  = var.image_uri
    essential              = true
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    linuxParameters = {
      initProcessEnabled = true
      capabilities       = { drop = ["ALL"] }
    }
    ulimits      = [{ name = "nofile", softLimit = 65535, hardLimit = 65535 }]
    portMappings = [{ containerPort = 8000, protocol = "tcp" }]
    healthCheck = {
      command     = ["CMD", "/opt/handrail/bin/python", "-I", "-m", "handrail.entrypoints.healthcheck"]
      interval    = 30
      timeout     = 5
      retries     = 3
      startPeriod = 15
    }
    # Begun after the collector and ended before it: what the end flushes has where to go.
    dependsOn   = var.traces_collector_image == "" ? null : [{ containerName = "collector", condition = "START" }]
    stopTimeout = 110
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.container.name
        awslogs-region        = local.region
        awslogs-stream-prefix = "handrail"
        mode                  = "non-blocking"
        max-buffer-size       = "8m"
      }
    }
    environment = [
      for name, value in merge(local.environment, [for image in local.collectors : local.tracing]...) : { name = name, value = value }
      if value != "" || !contains(["HANDRAIL_BUS_URL", "HANDRAIL_CALLBACKS_QUEUE", "HANDRAIL_EVENTS_STREAM"], name)
    ]
    secrets = [for name, arn in local.secrets : { name = name, valueFrom = arn } if arn != ""]
  }

  # A configuration of the image's own: OTLP in, X-Ray out. The service goes on without it.
  collector = {
    name                   = "collector"
    image                  = var.traces_collector_image
    command                = ["--config=/etc/ecs/ecs-xray.yaml"]
    essential              = false
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] } }
    memoryReservation      = 128
    stopTimeout            = 30
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.container.name
        awslogs-region        = local.region
        awslogs-stream-prefix = "collector"
        mode                  = "non-blocking"
        max-buffer-size       = "1m"
      }
    }
  }
}

resource "aws_ecs_cluster" "cluster" {
  name = local.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_service" "service" {
  name                               = local.name
  cluster                            = aws_ecs_cluster.cluster.id
  task_definition                    = aws_ecs_task_definition.task.arn
  launch_type                        = "FARGATE"
  desired_count                      = var.min_count
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60
  enable_execute_command             = false
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    assign_public_ip = false
    subnets          = var.task_subnets
    security_groups  = [aws_security_group.tasks.id]
  }

  load_balancer {
    container_name   = "handrail"
    container_port   = 8000
    target_group_arn = aws_lb_target_group.tasks.arn
  }

  # The scaling owns it from then on.
  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [
    aws_lb_listener.https,
    aws_vpc_security_group_egress_rule.balancer_to_tasks,
  ]
}

resource "aws_ecs_task_definition" "task" {
  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.task_execution.arn
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  container_definitions = jsonencode(concat([local.handrail], [for image in local.collectors : local.collector]))

  lifecycle {
    precondition {
      condition     = !strcontains(var.auth, "api-key") || var.api_keys_secret_arn != ""
      error_message = "auth has api-key, which needs api_keys_secret_arn."
    }

    precondition {
      condition     = !strcontains(var.auth, "jwt") || (var.jwt_issuer != "" && var.jwt_audience != "")
      error_message = "auth has jwt, which needs jwt_issuer and jwt_audience."
    }

    precondition {
      condition     = var.callbacks_queue_arn == "" || var.callbacks_dead_letters_arn != ""
      error_message = "callbacks_queue_arn comes with callbacks_dead_letters_arn."
    }

    precondition {
      condition     = var.bus_url_secret_arn == "" || var.bus_cidr != ""
      error_message = "bus_url_secret_arn comes with bus_cidr."
    }
  }
}

resource "aws_cloudwatch_log_group" "container" {
  # checkov:skip=CKV_AWS_338:log_retention_days says for how long.
  name              = "/handrail/${var.environment}/container"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_key_arn == "" ? null : var.log_key_arn
}
