using System.Text;
using Hydra.Diagnostics;
using Hydra.Jobs;

namespace Hydra.Hosting;

/// <summary>What is measured of deferred functions and of pools that are called, as text for Prometheus: nothing while there are none.</summary>
internal static class TaskText
{
    /// <summary>Writes it.</summary>
    public static void Write(StringBuilder text, IReadOnlyList<JobFigures> lanes)
    {
        if (lanes.Count == 0)
        {
            return;
        }

        void Each(string name, string type, string help, Func<JobFigures, double> value)
        {
            PrometheusText.Head(text, name, type, help);
            foreach (JobFigures lane in lanes)
            {
                PrometheusText.Sample(text, name, value(lane), ("pool", lane.Name));
            }
        }

        Each("hydra_tasks_queued", "gauge", "Tasks that wait, also for their time.", static lane => lane.Queued);
        Each("hydra_tasks_queued_bytes", "gauge", "Bytes of the tasks that wait.", static lane => lane.Bytes);
        Each("hydra_tasks_running", "gauge", "Tasks that a process is at.", static lane => lane.Running);
        Each("hydra_tasks_done_total", "counter", "Tasks that were done.", static lane => lane.Done);
        Each("hydra_tasks_failed_total", "counter", "Tasks that have failed for good.", static lane => lane.Failed);
        Each("hydra_tasks_retried_total", "counter", "How often a task was to be begun once more.", static lane => lane.Retried);
        Each("hydra_tasks_refused_total", "counter", "Tasks for which there was no room.", static lane => lane.Refused);
        Each("hydra_tasks_cancelled_total", "counter", "Tasks that nobody wanted any more.", static lane => lane.Cancelled);
        Each("hydra_tasks_timed_out_total", "counter", "Tasks whose time was over.", static lane => lane.TimedOut);
        Each("hydra_tasks_lost_total", "counter", "How often a process has ended that was at a task.", static lane => lane.Lost);
        Each("hydra_tasks_dropped_total", "counter", "Tasks that were not begun before the server ended.", static lane => lane.Dropped);
        Each("hydra_schedules", "gauge", "Functions that are called by the clock.", static lane => lane.Schedules);
        Each("hydra_schedule_skipped_total", "counter", "Turns that were left out because the one before ran still.", static lane => lane.Skipped);
    }
}
