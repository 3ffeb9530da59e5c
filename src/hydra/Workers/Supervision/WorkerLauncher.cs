using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>Starts the process of a worker, hands it the boot document and waits for its end. Any thread.</summary>
internal sealed class WorkerLauncher(
    Action prepare, BootDocument document, string address, IWorkerStarter starter, IWorkerLogSink log, ILogger logger)
{
    /// <summary>Runs the process of a worker from its start to its end.</summary>
    /// <param name="worker">The worker; why it could not start is put into its <see cref="Worker.Failure"/>.</param>
    /// <param name="started">Called once the process is there.</param>
    /// <returns>The exit code; -1 when the process could not be started.</returns>
    public async Task<int> RunAsync(Worker worker, Action started)
    {
        try
        {
            prepare();
            (IWorkerProcess process, WorkerCommand command) = await starter.StartAsync(worker.Index, worker.Life.Generation).ConfigureAwait(false);
            worker.Process = process;
            started();
            SupervisionLog.Started(logger, worker.Index, process.Id);
            process.Boot(document with
            {
                Address = address,
                Token = worker.Links.TokenText,
                Worker = worker.Index,
                AppDir = command.AppDirectory,
            });
            int code = await process.WaitAsync((line, isError) => HandleLine(worker, process.Id, line, isError)).ConfigureAwait(false);
            if (code != ExitDescription.Unknown)
            {
                worker.Handle.SetExit(code);
            }

            // Its last words may still be in the socket: they say why it ended.
            await Task.WhenAny(worker.Links.ControlDone, Task.Delay(WorkerProcess.ExitTime)).ConfigureAwait(false);
            if (!worker.Links.HasConnected && worker.Failure is null)
            {
                Fail(worker, PythonFailure.EndedEarly(command.Program, code, worker.FirstLines));
            }

            return code;
        }
        catch (WorkerStartException e)
        {
            worker.SetFailure(e.Failure ?? new WorkerFailure(StartFailure.Internal, e.Message, ""));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever the system refuses, a thread for instance: the fleet has to hear of it, or there would be no further start.
            worker.Process?.Kill();
            worker.SetFailure(new WorkerFailure(StartFailure.Internal, $"it cannot be started: {e.Message}", ""));
        }

        return -1;
    }

    private static void Fail(Worker worker, string message) => worker.SetFailure(new WorkerFailure(StartFailure.Internal, message, ""));

    private void HandleLine(Worker worker, int pid, string line, bool isError)
    {
        worker.Remember(line);
        log.WriteLine(worker.Index, pid, line, isError);
    }
}
