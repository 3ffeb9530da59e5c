using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.State;

/// <summary>SIGUSR2: the new server has the shared state of the old one, while that one finishes and afterwards.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class StateUpgradeTests
{
    [Theory]
    [InlineData("loop")]
    [InlineData("sockets")]
    public async Task State_WhileTheOldServerFinishesAndAfterwards_IsOne(string transport)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec() with { Transport = transport });
        await server.GetTextAsync("/set?before");
        await server.GetTextAsync("/counted?5");
        await server.GetTextAsync("/rates");
        await using RawConnection holds = await server.ConnectAsync();
        await holds.GetAsync("/hold");
        long token = long.Parse((await server.Board.WaitAsync("holds"))[0].Split(' ')[1], CultureInfo.InvariantCulture);
        int successor = await UpgradeAsync(server);
        Assert.Equal("\"before\"", await server.GetTextAsync("/get"));
        await server.GetTextAsync("/set?meanwhile");
        await using RawConnection waits = await server.ConnectAsync();
        await waits.GetAsync("/wait");
        server.Board.Open("hold");

        Assert.Equal(200, (await holds.ReadResponseAsync()).Status);
        Assert.True(token < JsonSerializer.Deserialize<long[]>((await waits.ReadResponseAsync()).Text)![1]);
        await OldEndsAsync(server);
        Assert.Equal("\"meanwhile\"", await server.GetTextAsync("/get"));
        Assert.Equal("1", await server.GetTextAsync("/counted?5"));
        Assert.Equal(new bool[10], JsonSerializer.Deserialize<bool[]>(await server.GetTextAsync("/rates")));
        await StopAsync(server, successor);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lock_HeldInTheNewServer_IsHeldAfterTheOldOnesEnd(bool isHolderKilled)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--retry", "never") with { Workers = 2 });
        await using RawConnection busy = await server.ConnectAsync();
        await busy.GetAsync("/busy");
        await server.Board.WaitAsync("busy");
        IReadOnlyList<int> old = server.WorkerPids();
        int successor = await UpgradeAsync(server);
        await using RawConnection holds = await ConnectToNewAsync(server, old);
        await holds.GetAsync("/hold");
        string[] held = (await server.Board.WaitAsync("holds"))[0].Split(' ');
        await using RawConnection waits = await ConnectToNewAsync(server, old);
        await waits.GetAsync("/wait");
        server.Board.Open("busy");
        Assert.Equal("\"busy\"", (await busy.ReadResponseAsync()).Text);
        await OldEndsAsync(server);
        Assert.Equal("null", await server.GetTextAsync("/get"));
        if (isHolderKilled)
        {
            Processes.Signal(int.Parse(held[0], CultureInfo.InvariantCulture), Processes.Kill);
        }
        else
        {
            server.Board.Open("hold");
            Assert.Equal(200, (await holds.ReadResponseAsync()).Status);
        }

        Assert.True(long.Parse(held[1], CultureInfo.InvariantCulture) < JsonSerializer.Deserialize<long[]>((await waits.ReadResponseAsync()).Text)![1]);
        if (isHolderKilled)
        {
            await server.Log.ExpectErrorAsync("GET /hold: the worker was lost");
            await server.Log.ExpectErrorAsync("was ended by SIGKILL");
        }

        await StopAsync(server, successor);
    }

    [Fact]
    public async Task Upgrade_TwiceBeforeTheFirstServerHasEnded_HandsOverInTurn()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec());
        await using RawConnection busy = await server.ConnectAsync();
        await busy.GetAsync("/busy");
        await server.Board.WaitAsync("busy");
        await server.GetTextAsync("/set?first");
        int second = await UpgradeAsync(server);
        Processes.Signal(second, Processes.User2);
        int third = await SuccessorAsync(server, 2);
        Assert.Equal("\"first\"", await server.GetTextAsync("/get"));
        server.Board.Open("busy");
        await OldEndsAsync(server);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(second), "the end of the second server", () => server.Log.Text);

        Assert.Equal("\"first\"", await server.GetTextAsync("/get"));
        await StopAsync(server, third);
    }

    [Fact]
    public async Task OldServer_KilledBeforeItHasHandedOver_IsSaidAndTheNewOneGoesOn()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec());
        await using RawConnection busy = await server.ConnectAsync();
        await busy.GetAsync("/busy");
        await server.Board.WaitAsync("busy");
        await server.GetTextAsync("/set?lost");
        int successor = await UpgradeAsync(server);
        Processes.Signal(server.Pid, Processes.Kill);
        await server.Log.WaitAsync("without handing over its shared state");

        Assert.Equal("null", await server.GetTextAsync("/get"));
        await server.GetTextAsync("/set?new");
        Assert.Equal("\"new\"", await server.GetTextAsync("/get"));
        Processes.Signal(successor, Processes.Terminate);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(successor), "the end of the new server", () => server.Log.Text);
        server.Log.ExpectAnyErrors("without handing over");
    }

    private static ServerSpec Spec(params string[] arguments) => new("shared_state:app") { Arguments = ["--threads", "4", .. arguments] };

    // What waits in the queue is accepted by the old one still.
    private static async Task<RawConnection> ConnectToNewAsync(HydraServer server, IReadOnlyList<int> old)
    {
        while (true)
        {
            RawConnection connection = await server.ConnectAsync();
            if (!old.Contains(int.Parse((await connection.ExchangeAsync("GET /pid HTTP/1.1\r\nHost: a\r\n\r\n")).Text, CultureInfo.InvariantCulture)))
            {
                return connection;
            }

            await connection.DisposeAsync();
        }
    }

    private static async Task<int> UpgradeAsync(HydraServer server)
    {
        server.Signal(Processes.User2);
        return await SuccessorAsync(server);
    }

    private static async Task<int> SuccessorAsync(HydraServer server, int count = 1)
        => await Eventually.GetAsync(
            () => Taken().Matches(server.Log.Text) is { } found && found.Count >= count
                ? int.Parse(found[count - 1].Groups[1].Value, CultureInfo.InvariantCulture)
                : (int?)null,
            "the new server",
            () => server.Log.Text);

    private static Task OldEndsAsync(HydraServer server)
        => Eventually.HoldsAsync(() => !Processes.IsAlive(server.Pid), "the end of the old server", () => server.Log.Text);

    private static async Task StopAsync(HydraServer server, int successor)
    {
        Processes.Signal(successor, Processes.Terminate);
        Assert.Equal(0, await server.ExitAsync());
    }

    [GeneratedRegex(@"the new server \(pid (\d+)\) is ready")]
    private static partial Regex Taken();
}
