package rpc

import "github.com/coffer-ml/coffer/internal/door"

// table lists every endpoint of the protocol that is served.
func (h *handlers) table() []*row {
	return []*row{
		on("auth.login", "1.0", door.Guest, h.login),
		on("auth.logout", "2.2", door.Self, h.logout),
		on("auth.create_credentials", "1.0", door.Self, h.createCredentials),
		on("auth.get_credentials", "1.0", door.Guest, h.getCredentials),
		on("auth.edit_credentials", "2.19", door.Self, h.editCredentials),
		on("auth.revoke_credentials", "1.0", door.Self, h.revokeCredentials),
		on("login.supported_modes", "1.0", door.Optional, h.supportedModes),
		on("login.logout", "2.13", door.Optional, h.logout),

		on("debug.ping", "1.0", door.Anyone, h.ping),
		on("server.info", "1.0", door.Guest, h.serverInfo),
		on("users.get_current_user", "1.0", door.Guest, h.currentUser),
		on("users.get_all", "1.0", door.Guest, h.listUsers),

		on("projects.create", "1.0", door.Member, h.createProject),
		on("projects.get_by_id", "1.0", door.Guest, h.getProject),
		on("projects.get_all", "1.0", door.Guest, h.listProjects),
		on("projects.get_all_ex", "1.0", door.Guest, h.listProjectsEx),
		on("projects.update", "1.0", door.Member, h.updateProject),

		on("tasks.create", "1.0", door.Member, h.createTask).upTo(largeBody),
		on("tasks.validate", "1.0", door.Member, h.validateTask).upTo(largeBody),
		on("tasks.get_by_id", "1.0", door.Guest, h.getTask),
		on("tasks.get_by_id_ex", "1.0", door.Guest, h.getTaskEx),
		on("tasks.get_all", "1.0", door.Guest, h.listTasks),
		on("tasks.get_all_ex", "1.0", door.Guest, h.listTasksEx),
		on("tasks.get_types", "1.0", door.Guest, h.taskTypes),
		on("tasks.edit", "1.0", door.Member, h.editTask).upTo(largeBody),
		on("tasks.update", "1.0", door.Member, h.updateTask),
		on("tasks.update_batch", "1.0", door.Member, h.updateBatch).upTo(eventsBody),
		on("tasks.set_requirements", "1.0", door.Member, h.setRequirements),
		on("tasks.edit_runtime", "2.34", door.Member, h.editRuntime),
		on("tasks.ping", "2.1", door.Member, h.pingTask),

		on("tasks.started", "1.0", door.Member, h.taskStarted),
		on("tasks.stop", "1.0", door.Member, h.stopTask),
		on("tasks.stop_many", "1.0", door.Member, h.stopMany).unhurried(),
		on("tasks.stopped", "1.0", door.Member, h.taskStopped),
		on("tasks.failed", "1.0", door.Member, h.taskFailed),
		on("tasks.completed", "2.2", door.Member, h.taskCompleted),
		on("tasks.close", "1.0", door.Member, h.closeTask),
		on("tasks.publish", "1.0", door.Member, h.publishTask),
		on("tasks.publish_many", "1.0", door.Member, h.publishMany).unhurried(),
		on("tasks.reset", "1.0", door.Member, h.resetTask),
		on("tasks.reset_many", "1.0", door.Member, h.resetMany).unhurried(),
		on("tasks.delete", "1.0", door.Member, h.deleteTask),
		on("tasks.delete_many", "1.0", door.Member, h.deleteMany).unhurried(),
		on("tasks.clone", "1.0", door.Member, h.cloneTask),
		on("tasks.enqueue", "1.0", door.Member, h.enqueueTask),
		on("tasks.enqueue_many", "1.0", door.Member, h.enqueueMany).unhurried(),
		on("tasks.dequeue", "1.0", door.Member, h.dequeueTask),
		on("tasks.dequeue_many", "1.0", door.Member, h.dequeueMany).unhurried(),

		on("tasks.get_hyper_params", "2.9", door.Guest, h.getParams),
		on("tasks.edit_hyper_params", "2.9", door.Member, h.editParams),
		on("tasks.delete_hyper_params", "2.9", door.Member, h.deleteParams),
		on("tasks.get_configurations", "2.9", door.Guest, h.getConfigurations),
		on("tasks.get_configuration_names", "2.9", door.Guest, h.getConfigurationNames),
		on("tasks.edit_configuration", "2.9", door.Member, h.editConfiguration).upTo(largeBody),
		on("tasks.delete_configuration", "2.9", door.Member, h.deleteConfiguration),

		on("tasks.update_tags", "2.27", door.Member, h.updateTags),
		on("tasks.archive", "2.12", door.Member, h.archiveTasks),
		on("tasks.archive_many", "2.13", door.Member, h.archiveMany).unhurried(),
		on("tasks.unarchive_many", "2.13", door.Member, h.unarchiveMany).unhurried(),
		on("tasks.move", "2.12", door.Member, h.moveTasks),
		on("tasks.make_public", "2.9", door.Member, h.makePublic),
		on("tasks.make_private", "2.9", door.Member, h.makePrivate),

		on("tasks.add_or_update_artifacts", "2.10", door.Member, h.addArtifacts).upTo(largeBody),
		on("tasks.delete_artifacts", "2.10", door.Member, h.deleteArtifacts),
		on("tasks.add_or_update_model", "2.13", door.Member, h.addTaskModel),
		on("tasks.delete_models", "2.13", door.Member, h.deleteTaskModels),

		on("models.get_all", "1.0", door.Guest, h.listModels),

		on("events.add", "1.0", door.Member, h.addEvents).upTo(eventsBody),
		on("events.add_batch", "1.0", door.Member, h.addEvents).upTo(eventsBody),
		on("events.get_task_events", "1.0", door.Guest, h.taskEvents),
		on("events.get_task_log", "2.9", door.Guest, h.taskLog),

		on("queues.get_all", "2.4", door.Guest, h.listQueues),
		on("queues.get_by_id", "2.4", door.Guest, h.getQueue),
		on("queues.get_default", "2.4", door.Guest, h.defaultQueue),
		on("queues.get_num_entries", "2.20", door.Guest, h.queueLength),
		on("queues.delete", "2.4", door.Member, h.deleteQueue),
	}
}
