using System.Net;
using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.State;

/// <summary>A lock never has two holders, whatever happens to who holds it: seen from outside of the state, by a file in which each holder writes that it is there.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LockProofTests
{
    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Lock_WhoseHoldersAreKilledStoppedAndReloaded_NeverHasTwo(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);

        // Who asks whether the lock is to be had has a worker that nobody holds up.
        await using HydraServer server = await HydraServer.StartAsync(
            Spec(place, "--retry", "always", "--threads", "3", "--pool", "asking:/attempt=1") with { Workers = 3 });
        const int entries = 100;
        int next = -1;
        int answered = 0;
        Task all = Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (int i = Interlocked.Increment(ref next); i < entries; i = Interlocked.Increment(ref next))
            {
                HttpStatusCode status;
                do
                {
                    // One that has lost several workers is refused: its client comes again.
                    using HttpResponseMessage response = await server.Client.GetAsync($"/guarded?{i}");
                    status = response.StatusCode;
                }
                while (status is not HttpStatusCode.OK);

                if (Interlocked.Increment(ref answered) is entries / 3 or entries * 2 / 3)
                {
                    server.Signal(Processes.Hangup);
                }
            }
        }));

        for (int i = 0; i < entries / 10; i++)
        {
            int holder = int.Parse((await server.Board.WaitAsync("stops", i + 1))[i]);
            await Eventually.HoldsAsync(() => IsStopped(holder), "a holder that is stopped", () => server.Log.Text);
            Assert.Equal("false", await server.GetTextAsync("/attempt?guarded"));
            Processes.Signal(holder, Processes.Continue);
        }

        await all;
        Assert.Empty(server.Board.Records("two"));
        Assert.Equal("true", await server.GetTextAsync("/attempt?guarded"));
        server.Log.ExpectAnyErrors("SIGKILL");
        server.Log.ExpectAnyErrors("/guarded");
        await server.StopAsync();
        server.Log.ExpectAnyErrors("SIGKILL");
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Lock_WhoseHolderIsStoppedBeyondItsLease_IsTheNextOnes_AndTokensRefuseTheLateOne(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "--threads", "1") with { Workers = 3 });
        Task<string> late = server.GetTextAsync("/leased?late");
        string[] first = (await server.Board.WaitAsync("holds"))[0].Split(' ');
        Processes.Signal(int.Parse(first[1]), Processes.Stop);
        Task<string> next = server.GetTextAsync("/leased?next");
        string[] second = (await server.Board.WaitAsync("holds", 2))[1].Split(' ');
        Assert.Equal("next", second[0]);
        Assert.True(long.Parse(second[2]) > long.Parse(first[2]));
        server.Board.Open("next");
        await server.Board.WaitAsync("stored");
        server.Board.Open("late");
        server.Board.Open("late-done");
        Processes.Signal(int.Parse(first[1]), Processes.Continue);

        // What it writes is too late, and it hears that the lock was lost; it frees nobody else's.
        Assert.Equal("""[false, "LockLost"]""", await late);
        Assert.Equal("false", await server.GetTextAsync("/attempt?leased"));
        server.Board.Open("next-done");
        Assert.Equal("""[true, "released"]""", await next);
        Assert.Equal("true", await server.GetTextAsync("/attempt?leased"));
    }

    private static ServerSpec Spec(StateEngine place, params string[] arguments)
        => new("held:app") { Arguments = [.. place.Arguments, "--worker-timeout", "0", .. arguments] };

    private static bool IsStopped(int pid) => File.ReadAllText($"/proc/{pid}/stat").Split(')')[^1].Trim()[0] == 'T';
}
