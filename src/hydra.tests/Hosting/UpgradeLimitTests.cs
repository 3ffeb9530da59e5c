using System.Globalization;
using System.Text;
using Hydra.Hosting;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Workers;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Hosting;

/// <summary>A new server that hangs does not keep the old one from the next upgrade.</summary>
public sealed class UpgradeLimitTests
{
    private const UnixFileMode Runnable = UnixFileMode.UserRead | UnixFileMode.UserExecute;

    [PosixFact]
    public async Task Begin_NewServerHangs_IsKilledWhenItsTimeIsOverAndAnotherMayBegin()
    {
        using var directory = new TemporaryDirectory();
        string executable = directory.File("hydra", "#!/bin/sh\nexec sleep 3600\n", Runnable);
        var log = new RecordingLogger();
        var sockets = new ListenSockets();
        using var upgrade = new Upgrade(new StartedAs([Encoding.UTF8.GetBytes(executable)], [], directory.Path), sockets, log)
        {
            OwnTime = TimeSpan.FromMilliseconds(100),
        };
        upgrade.Enable(startTimeout: TimeSpan.FromMilliseconds(100));
        for (int i = 1; i <= 2; i++)
        {
            upgrade.Begin();
            await Eventually.HoldsAsync(
                () => log.Texts.Count(static text => text.Contains("was not ready within 0.2 s, and was killed", StringComparison.Ordinal)) == i, "the end");
        }

        int[] started = [.. log.Texts.Select(PidOf).OfType<int>()];
        Assert.Equal(2, started.Distinct().Count());
        Assert.DoesNotContain(started, Processes.IsAlive);
        Assert.False(upgrade.Done.IsCompleted);
    }

    [PosixFact]
    public async Task Begin_OneIsUnderWay_IsRefused()
    {
        using var directory = new TemporaryDirectory();
        string executable = directory.File("hydra", "#!/bin/sh\nexec sleep 3600\n", Runnable);
        var log = new RecordingLogger();
        var sockets = new ListenSockets();
        using var upgrade = new Upgrade(new StartedAs([Encoding.UTF8.GetBytes(executable)], [], directory.Path), sockets, log);
        upgrade.Enable(startTimeout: TimeSpan.Zero);
        upgrade.Begin();
        upgrade.Begin();
        Assert.Contains(log.Texts, static text => text.Contains("an upgrade is under way", StringComparison.Ordinal));

        // The server stops.
        await Eventually.HoldsAsync(() => log.Texts.Any(static text => PidOf(text) is not null), "the start");
        upgrade.Abandon();
        await Eventually.HoldsAsync(() => log.Texts.Any(static text => text.Contains("SIGTERM before it was ready", StringComparison.Ordinal)), "the end");
    }

    private static int? PidOf(string text)
        => text.Split("(pid ") is [_, var rest] ? int.Parse(rest.AsSpan(0, rest.IndexOf(')', StringComparison.Ordinal)), CultureInfo.InvariantCulture) : null;
}
