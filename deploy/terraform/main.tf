# What container.yaml makes, by Terraform: an ECS Fargate service behind an Application Load Balancer, the
# table of its WebSocket tickets and of news, and if wanted the cache that its tasks share. What each value is for is
# said there; the tests hold the two to each other.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  name    = "handrail-${var.environment}"
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_region.current.id
  place   = "${local.region}:${local.account}"
}

# What clients reach -----------------------------------------------------------------------------

resource "aws_lb" "balancer" {
  # checkov:skip=CKV2_AWS_28:web_acl_arn names one.
  # checkov:skip=CKV2_AWS_76:What a web ACL has is its own module's matter.
  name                       = local.name
  load_balancer_type         = "application"
  internal                   = var.scheme == "internal"
  subnets                    = var.balancer_subnets
  security_groups            = [aws_security_group.balancer.id]
  idle_timeout               = 315
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"
  enable_deletion_protection = var.deletion_protection

  dynamic "access_logs" {
    for_each = var.access_logs_bucket == "" ? [] : [var.access_logs_bucket]

    content {
      enabled = true
      bucket  = access_logs.value
      prefix  = local.name
    }
  }
}

# HTTPS alone: a redirect from port 80 would come after a client had sent its key in the clear.
resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.balancer.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.tasks.arn
  }
}

resource "aws_lb_target_group" "tasks" {
  vpc_id                        = var.vpc_id
  target_type                   = "ip"
  protocol                      = "HTTP"
  port                          = 8000
  deregistration_delay          = var.deregistration_delay_s
  load_balancing_algorithm_type = "least_outstanding_requests"

  health_check {
    path                = "/readyz"
    interval            = 30
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 10
    matcher             = "200"
  }

  stickiness {
    type    = "lb_cookie"
    enabled = false
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "public" {
  count = var.hosted_zone_id == "" ? 0 : 1

  zone_id = var.hosted_zone_id
  name    = split("/", var.public_url)[2]
  type    = "A"

  alias {
    name                   = aws_lb.balancer.dns_name
    zone_id                = aws_lb.balancer.zone_id
    evaluate_target_health = false
  }
}

resource "aws_wafv2_web_acl_association" "balancer" {
  count = var.web_acl_arn == "" ? 0 : 1

  resource_arn = aws_lb.balancer.arn
  web_acl_arn  = var.web_acl_arn
}

resource "aws_security_group" "balancer" {
  name_prefix = "${local.name}-balancer-"
  description = "Clients to the balancer, the balancer to the tasks"
  vpc_id      = var.vpc_id
}

resource "aws_security_group" "tasks" {
  name_prefix = "${local.name}-tasks-"
  description = "The balancer to the tasks, the tasks to AWS"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  security_group_id = aws_security_group.balancer.id
  description       = "HTTPS"
  cidr_ipv4         = var.client_cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "balancer_to_tasks" {
  security_group_id            = aws_security_group.balancer.id
  description                  = "To the tasks"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
}

resource "aws_vpc_security_group_ingress_rule" "tasks_from_balancer" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "From the balancer"
  referenced_security_group_id = aws_security_group.balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
}

resource "aws_vpc_security_group_egress_rule" "tasks_to_aws" {
  security_group_id = aws_security_group.tasks.id
  description       = "AWS and the issuer of tokens"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# What tasks share -------------------------------------------------------------------------------

resource "aws_dynamodb_table" "tickets" {
  # checkov:skip=CKV_AWS_28:Tickets are void after a minute, and news restored would be sent once more.
  # checkov:skip=CKV_AWS_119:DynamoDB encrypts every table; news leaves it within a day.
  name         = "${local.name}-tickets"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  attribute {
    name = "due_kind"
    type = "S"
  }

  attribute {
    name = "due_at"
    type = "N"
  }

  global_secondary_index {
    name            = "due"
    hash_key        = "due_kind"
    range_key       = "due_at"
    projection_type = "KEYS_ONLY"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }
}

resource "aws_elasticache_serverless_cache" "bus" {
  count = var.bus_cache ? 1 : 0

  name                 = local.name
  description          = "What the tasks of Handrail share"
  engine               = "valkey"
  major_engine_version = "8"
  subnet_ids           = var.bus_subnets
  security_group_ids   = aws_security_group.cache[*].id

  cache_usage_limits {
    data_storage {
      maximum = var.bus_max_gb
      unit    = "GB"
    }

    ecpu_per_second {
      maximum = var.bus_max_ecpu_per_s
    }
  }

  lifecycle {
    precondition {
      condition     = length(var.bus_subnets) > 0 && var.bus_url_secret_arn == ""
      error_message = "bus_cache needs bus_subnets, and no bus_url_secret_arn beside it."
    }
  }
}

resource "aws_security_group" "cache" {
  count = var.bus_cache ? 1 : 0

  name_prefix = "${local.name}-cache-"
  description = "The tasks to the cache"
  vpc_id      = var.vpc_id
}

# Replicas answer at the second port.
resource "aws_vpc_security_group_ingress_rule" "cache_from_tasks" {
  count = var.bus_cache ? 1 : 0

  security_group_id            = aws_security_group.cache[0].id
  description                  = "From the tasks"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6380
}

resource "aws_vpc_security_group_egress_rule" "tasks_to_cache" {
  count = var.bus_cache ? 1 : 0

  security_group_id            = aws_security_group.tasks.id
  description                  = "To the cache"
  referenced_security_group_id = aws_security_group.cache[0].id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6380
}

resource "aws_vpc_security_group_egress_rule" "tasks_to_bus" {
  count = var.bus_cidr == "" ? 0 : 1

  security_group_id = aws_security_group.tasks.id
  description       = "To a Valkey or Redis of your own"
  cidr_ipv4         = var.bus_cidr
  ip_protocol       = "tcp"
  from_port         = var.bus_port
  to_port           = var.bus_port
}

# How many run -----------------------------------------------------------------------------------

resource "aws_appautoscaling_target" "tasks" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.cluster.name}/${aws_ecs_service.service.name}"
  min_capacity       = var.min_count
  max_capacity       = var.max_count
}

resource "aws_appautoscaling_policy" "cpu" {
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.tasks.service_namespace
  scalable_dimension = aws_appautoscaling_target.tasks.scalable_dimension
  resource_id        = aws_appautoscaling_target.tasks.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 600

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

# The balancer counts a socket twice, and no connection at all is no data.
resource "aws_appautoscaling_policy" "connections" {
  name               = "connections"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.tasks.service_namespace
  scalable_dimension = aws_appautoscaling_target.tasks.scalable_dimension
  resource_id        = aws_appautoscaling_target.tasks.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.sockets_per_task
    scale_out_cooldown = 60
    scale_in_cooldown  = 600

    customized_metric_specification {
      metrics {
        id          = "connections"
        return_data = false

        metric_stat {
          stat = "Sum"

          metric {
            namespace   = "AWS/ApplicationELB"
            metric_name = "ActiveConnectionCount"

            dimensions {
              name  = "LoadBalancer"
              value = aws_lb.balancer.arn_suffix
            }
          }
        }
      }

      metrics {
        id          = "tasks"
        return_data = false

        metric_stat {
          stat = "Average"

          metric {
            namespace   = "AWS/ApplicationELB"
            metric_name = "HealthyHostCount"

            dimensions {
              name  = "LoadBalancer"
              value = aws_lb.balancer.arn_suffix
            }

            dimensions {
              name  = "TargetGroup"
              value = aws_lb_target_group.tasks.arn_suffix
            }
          }
        }
      }

      metrics {
        id          = "sockets"
        label       = "Sockets a task"
        return_data = true
        expression  = "FILL(connections, 0) / 2 / tasks"
      }
    }
  }
}
