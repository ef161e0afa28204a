output "load_balancer_arn" {
  description = "The balancer, for a WebACL and the like."
  value       = aws_lb.balancer.arn
}

output "load_balancer_dns_name" {
  description = "What public_url's name has to point to."
  value       = aws_lb.balancer.dns_name
}

output "load_balancer_zone_id" {
  description = "For an alias record of Route 53."
  value       = aws_lb.balancer.zone_id
}

output "load_balancer_name" {
  description = "LoadBalancerName of the alarms' template."
  value       = aws_lb.balancer.arn_suffix
}

output "target_group_name" {
  description = "TargetGroupName of the alarms' template."
  value       = aws_lb_target_group.tasks.arn_suffix
}

output "tickets_table_name" {
  description = "TicketsTableName of the alarms' template."
  value       = aws_dynamodb_table.tickets.name
}

output "uses_bus" {
  description = "UsesBus of the alarms' template."
  value       = var.bus_cache || var.bus_url_secret_arn != "" ? "true" : "false"
}

output "cache_name" {
  description = "CacheName of the alarms' template, empty without the cache."
  value       = join("", aws_elasticache_serverless_cache.bus[*].name)
}

output "cluster_name" {
  description = "The ECS cluster."
  value       = aws_ecs_cluster.cluster.name
}

output "service_name" {
  description = "The ECS service."
  value       = aws_ecs_service.service.name
}

output "task_role_arn" {
  description = "The role of the service's own calls."
  value       = aws_iam_role.task.arn
}
