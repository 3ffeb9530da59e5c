using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>What the Hosting ring logs: event ids 1600 to 1699.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(1600, LogLevel.Critical, "{Reason}")]
    public static partial void CannotStart(ILogger logger, string reason);

    [LoggerMessage(1601, LogLevel.Debug, "listening on {Addresses}")]
    public static partial void Listening(ILogger logger, string addresses);

    [LoggerMessage(1602, LogLevel.Information, "{Signal}: stopping; requests that run have {Seconds:0.#} s to finish")]
    public static partial void Stopping(ILogger logger, string signal, double seconds);

    [LoggerMessage(1603, LogLevel.Warning, "not all requests finished within {Seconds:0.#} s; the rest was cut off")]
    public static partial void GraceOver(ILogger logger, double seconds);

    [LoggerMessage(1604, LogLevel.Warning, "a further signal: stopping at once")]
    public static partial void Forced(ILogger logger);

    [LoggerMessage(1605, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(1606, LogLevel.Debug, "{Signal} came")]
    public static partial void SignalCame(ILogger logger, string signal);

    [LoggerMessage(1607, LogLevel.Information, "metrics are served at {Addresses}")]
    public static partial void Metrics(ILogger logger, string addresses);

    [LoggerMessage(1608, LogLevel.Information, "{Application}: it could serve")]
    public static partial void CheckPassed(ILogger logger, string application);

    [LoggerMessage(1610, LogLevel.Information, "SIGUSR2: starting {Executable} (pid {Pid}) to take over")]
    public static partial void UpgradeStarted(ILogger logger, string executable, int pid);

    [LoggerMessage(1611, LogLevel.Error, "the upgrade failed, and this server goes on: {Reason}")]
    public static partial void UpgradeFailed(ILogger logger, string reason);

    [LoggerMessage(1612, LogLevel.Warning, "SIGUSR2 is ignored: {Reason}")]
    public static partial void UpgradeRefused(ILogger logger, string reason);

    [LoggerMessage(1613, LogLevel.Information, "the new server (pid {Pid}) is ready and has taken over")]
    public static partial void UpgradeDone(ILogger logger, int pid);

    [LoggerMessage(1614, LogLevel.Information, "{Signal}: going on for {Seconds:0.#} s, while load balancers hear that the server is not ready any more")]
    public static partial void Delaying(ILogger logger, string signal, double seconds);

    [LoggerMessage(1615, LogLevel.Information, "a further signal: the delay is over")]
    public static partial void DelayCut(ILogger logger);

    [LoggerMessage(1616, LogLevel.Information, "the control socket is {Path}")]
    public static partial void ControlListens(ILogger logger, string path);

    [LoggerMessage(1617, LogLevel.Warning, "{User} has connected to the control socket, and is refused")]
    public static partial void ControlRefused(ILogger logger, string user);

    [LoggerMessage(1618, LogLevel.Information, "asked for at the {Place}: {Command}")]
    public static partial void ControlCommand(ILogger logger, string place, string command);

    [LoggerMessage(1620, LogLevel.Information, "the code is watched: {Count} files in {Directories}")]
    public static partial void Watching(ILogger logger, int count, string directories);

    [LoggerMessage(1622, LogLevel.Information, "listening at {Addresses} for development: tracebacks are shown to every client")]
    public static partial void DevelopmentAddress(ILogger logger, string addresses);

    [LoggerMessage(1621, LogLevel.Information, "{File} has changed")]
    public static partial void Changed(ILogger logger, string file);

    [LoggerMessage(1619, LogLevel.Warning, "the statsd daemon at {Address} does not get what it is told: {Reason}")]
    public static partial void StatsdLost(ILogger logger, string address, string reason);

    [LoggerMessage(1630, LogLevel.Information, "the dashboard is at {Url}")]
    public static partial void DashboardListens(ILogger logger, string url);

    [LoggerMessage(1631, LogLevel.Information, "the token of the dashboard is {Token}")]
    public static partial void DashboardToken(ILogger logger, string token);

    [LoggerMessage(1632, LogLevel.Warning, "the server before this one hands its shared state over in another way than this version knows; it begins anew")]
    public static partial void StateOfAnotherVersion(ILogger logger);

    [LoggerMessage(1633, LogLevel.Warning, "the new server has not taken the shared state within {Seconds:0.#} s")]
    public static partial void StateNotTaken(ILogger logger, double seconds);

    [LoggerMessage(1634, LogLevel.Warning, "the shared state of {Application} is full (--state-memory, --state-eviction): {Count} calls have found no room so far")]
    public static partial void StateFull(ILogger logger, string application, long count);

    [LoggerMessage(1635, LogLevel.Warning, "HTTP/3 is not spoken, the older versions are: libmsquic, the library for it, cannot be loaded (docs/http3.md)")]
    public static partial void NoHttp3(ILogger logger);

    [LoggerMessage(1636, LogLevel.Warning, "HTTP/3 is not spoken at {Address}: it needs a port that is known before, and no Unix socket or descriptor")]
    public static partial void NoHttp3At(ILogger logger, string address);

    [LoggerMessage(1637, LogLevel.Warning, "Redis has no memory left for the shared state of {Application} (maxmemory): {Count} calls have found no room so far")]
    public static partial void RedisFull(ILogger logger, string application, long count);

    [LoggerMessage(1639, LogLevel.Error, "task {Id} ({Name}) has come from the server before this one, and there is no place for it: it is lost")]
    public static partial void TaskNotTaken(ILogger logger, long id, string name);

    [LoggerMessage(1638, LogLevel.Error, "the processes of {Pool} cannot be started: {Reason}")]
    public static partial void TasksCannotStart(ILogger logger, string pool, string reason);
}
