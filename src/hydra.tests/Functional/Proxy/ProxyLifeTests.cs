using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Proxy;

/// <summary>How programs that are workers (--interface proxy) start, are replaced and end.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ProxyLifeTests
{
    [Theory]
    [InlineData("no-such-program --at-all", "the command no-such-program is not found on PATH")]
    [InlineData("./no-such-program", "the command ./no-such-program does not exist")]
    [InlineData("/etc/passwd", "the command /etc/passwd is not executable")]
    [InlineData("sh -c 'exit 7'", "the program exited with code 7 before it listened at $PORT (")]
    [InlineData("sh -c 'kill -9 $$'", "the program was ended by SIGKILL before it listened")]
    public async Task Start_ProgramThatCannotServe_SaysWhyAndExitsWith3(string command, string sentence)
    {
        foreach (string[] more in new[] { [], new[] { "--check-config" } })
        {
            string log = await FailAsync(Programs.OfCommand(command), more);

            Assert.Contains(sentence, log, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Check_ProgramThatServes_Is0AndLeavesNothing()
    {
        ServerSpec spec = Programs.Probe;
        await using HydraServer server = await HydraServer.LaunchAsync(spec with { Arguments = [.. spec.Arguments, "--check-config"] });

        Assert.Equal(0, await server.ExitAsync());
        Assert.Contains("(proxy), 1 worker", server.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithoutPython_NeedsNone()
    {
        // A PATH on which there is nothing.
        ServerSpec spec = Programs.Probe with { Variables = new Dictionary<string, string?> { ["PATH"] = "/nowhere" } };
        await using HydraServer server = await HydraServer.StartAsync(spec);

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.DoesNotContain("CPython", server.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_BehindTwoDashes_IsTakenWordByWordWithItsVariables()
    {
        using var directory = new TestDirectory();
        string script = directory.Write("a script.sh", $"exec {Repository.Python} \"$1\" $2 # $3\n");
        var spec = new ServerSpec("ignored") { Python = null };
        await using HydraServer server = await HydraServer.StartAsync(spec with
        {
            Words = ["--interface", "proxy", "--port", "0", "--", "sh", script, Path.Combine(Repository.Apps, "program_probe.py"), "port", "it's $PORT"],
            Variables = new Dictionary<string, string?> { ["PORT"] = "1" },
        });

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [Fact]
    public async Task Command_WithPort_HasItsNumber()
    {
        await using HydraServer server = await HydraServer.StartAsync(Programs.OfCommand($"{Repository.Python} -m http.server --bind 127.0.0.1 $PORT"));

        Assert.Contains("Directory listing", await server.GetTextAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Environment_OfOptions_IsThePrograms()
    {
        using var directory = new TestDirectory();
        string file = directory.Write("variables", "FROM_FILE=file\n");
        string program = directory.Write("tell.sh", $"echo \"$FROM_FILE $FROM_OPTION $HYDRA_WORKER_ID $(pwd)\" >\"$PROBE_DIR/record-told\"\nexec {Repository.Python} {Path.Combine(Repository.Apps, "program_probe.py")}\n");
        ServerSpec spec = Programs.OfCommand($"sh {program}");
        await using HydraServer server = await HydraServer.StartAsync(
            spec with { Arguments = [.. spec.Arguments, "--env-file", file, "--env", "FROM_OPTION=option", "--chdir", directory.Path] });

        Assert.Equal([$"file option 0 {directory.Path}"], await server.Board.WaitAsync("told"));
    }

    [Fact]
    public async Task Output_OfTheProgram_IsTheWorkers()
    {
        await using HydraServer server = await HydraServer.StartAsync(Programs.Probe);

        await server.Log.WaitAsync("worker 0 (pid ", "| stdout: listens soon");
    }

    [Fact]
    public async Task Workers_SeveralPrograms_ShareTheRequests()
    {
        await using HydraServer server = await HydraServer.StartAsync(Programs.Of("program_probe.py port") with { Workers = 3 });
        string[] keys = [.. Enumerable.Range(0, 6).Select(_ => Board.NewKey())];
        Task<string>[] slow = [.. keys.Select(key => server.GetTextAsync($"/slow/{key}"))];
        await Task.WhenAll(keys.Select(key => server.Board.WaitAsync(key)));
        Array.ForEach(keys, server.Board.Open);

        Assert.All(await Task.WhenAll(slow), static text => Assert.Equal("finished", text));
        Assert.Equal(3, server.WorkerPids().Count);
    }

    [Fact]
    public async Task Program_KilledUnderLoad_LosesNoRequestThatMayBeSentAgain()
    {
        // It says each answer at once: one that has said half of it cannot be asked again.
        await using HydraServer server = await HydraServer.StartAsync(Programs.Raw with { Workers = 2 });
        await using var load = new KeepAliveLoad(() => server.ConnectAsync(), keeping: 4, fresh: 1);
        for (int i = 0; i < 3; i++)
        {
            await load.MoreAsync(200);
            int before = server.Log.ReadyCount();
            Processes.Signal(ProgramPids(server)[0], Processes.Kill);
            await Eventually.HoldsAsync(() => server.Log.ReadyCount() > before, "another worker", () => server.Log.Text);
            await server.Log.ExpectErrorAsync("was ended by SIGKILL");
        }

        await load.MoreAsync(200);
        Assert.Empty(await load.EndAsync());
        await Eventually.HoldsAsync(() => ProgramPids(server).Count == 2, "two programs");
    }

    [Fact]
    public async Task Program_ThatEndsInARequest_Is502AndAnotherServes()
    {
        await using HydraServer server = await HydraServer.StartAsync(Programs.Probe);
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri("/leave", UriKind.Relative), null);

        Assert.Equal(502, (int)response.StatusCode);
        await server.Log.ExpectErrorAsync("exited with code 7");
        await server.Log.ExpectErrorAsync("the worker was lost");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [Fact]
    public async Task Bridge_Killed_TakesTheProgramWithIt()
    {
        await using HydraServer server = await HydraServer.StartAsync(Family());
        IReadOnlyList<int> before = server.Tree();
        int bridge = Assert.Single(server.WorkerPids());
        Processes.Signal(bridge, Processes.Kill);
        await server.Log.ExpectErrorAsync("was ended by SIGKILL");

        await Eventually.HoldsAsync(() => server.Tree().Intersect(before).Count() == 1, "the end of all but the front", () => server.Log.Text);
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [Fact]
    public async Task Front_Killed_LeavesNothing()
    {
        await using HydraServer server = await HydraServer.StartAsync(Family() with { Workers = 2 });
        server.Signal(Processes.Kill);

        // Waits until all have ended.
        Assert.Equal(137, await server.ExitAsync());
    }

    [Fact]
    public async Task Front_KilledWithTheBridge_LeavesNoProgram()
    {
        await using HydraServer server = await HydraServer.StartAsync(Programs.Probe);
        int bridge = Assert.Single(server.WorkerPids());

        // It cannot end its program any more.
        Processes.Signal(bridge, Processes.Stop);
        server.Signal(Processes.Kill);
        Processes.Signal(bridge, Processes.Kill);

        Assert.Equal(137, await server.ExitAsync());
    }

    [Fact]
    public async Task Start_ProgramThatNeverListens_IsGivenUp()
    {
        string log = await FailAsync(Programs.OfCommand("sleep 1000"), ["--start-timeout", "1s"]);

        Assert.Contains("the program does not listen at $PORT (", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_UnderLoad_LosesNoRequestAndTellsTheOldPrograms()
    {
        await using HydraServer server = await HydraServer.StartAsync(Programs.Of("program_probe.py port") with { Workers = 2 });
        IReadOnlyList<int> before = ProgramPids(server);
        await using var load = new KeepAliveLoad(() => server.ConnectAsync(), keeping: 4, fresh: 1);
        string key = Board.NewKey();
        Task<string> slow = server.GetTextAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        await load.MoreAsync(100);
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("2 workers were replaced");
        await load.MoreAsync(100);
        server.Board.Open(key);

        Assert.Equal("finished", await slow);
        Assert.Empty(await load.EndAsync());
        Assert.Equal(before.Order(), (await server.Board.WaitAsync("ended", 2)).Select(int.Parse).Order());
        await Eventually.HoldsAsync(() => ProgramPids(server).Count == 2 && !ProgramPids(server).Intersect(before).Any(), "the new programs alone");
    }

    [Fact]
    public async Task Reload_ProgramThatDoesNotStart_OldServesOn()
    {
        using var directory = new TestDirectory();
        string program = directory.Write("run.sh", $"exec {Repository.Python} {Path.Combine(Repository.Apps, "program_probe.py")}\n");
        await using HydraServer server = await HydraServer.StartAsync(Programs.OfCommand($"sh {program}"));
        directory.Write("run.sh", "exit 5\n");
        server.Signal(Processes.Hangup);

        await server.Log.ExpectErrorAsync("reload: given up", "exited with code 5");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [Fact]
    public async Task Stop_RequestsAndSessions_AreEndedBeforeTheProgramIsTold()
    {
        HydraServer server = await HydraServer.StartAsync(Programs.Probe);
        await using (server)
        {
            string key = Board.NewKey();
            Task<string> slow = server.GetTextAsync($"/slow/{key}");
            await server.Board.WaitAsync(key);
            string session = Board.NewKey();
            using System.Net.WebSockets.ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, $"/socket?key={session}");
            Task<int> stop = server.StopAsync();
            await server.Log.WaitAsync("SIGTERM: stopping");
            Assert.Empty(server.Board.Records("ended"));
            server.Board.Open(key);

            Assert.Equal("finished", await slow);
            byte[] buffer = new byte[100];
            System.Net.WebSockets.ValueWebSocketReceiveResult end = await client.ReceiveAsync(buffer.AsMemory(), default);
            Assert.Equal(System.Net.WebSockets.WebSocketMessageType.Close, end.MessageType);
            Assert.Equal(1012, (int)client.CloseStatus!);
            Assert.Equal(0, await stop);
            Assert.Single(server.Board.Records("ended"));
            Assert.Equal(["1001"], server.Board.Records(session));
        }
    }

    [Fact]
    public async Task Stop_StreamWithoutAnEnd_ComesToOne()
    {
        ServerSpec spec = Programs.Probe;
        await using HydraServer server = await HydraServer.StartAsync(spec with { Arguments = [.. spec.Arguments, "--stream-grace", "0"] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/events/{Board.NewKey()}");
        await connection.ReadHeadAsync();
        await connection.ReadChunkAsync();

        Assert.Equal(0, await server.StopAsync());
        server.Log.ExpectAnyErrors("/events/");
    }

    [Fact]
    public async Task Stop_ShellThatEndsAtOnce_LeavesItsProgramItsTime()
    {
        await using HydraServer server = await HydraServer.StartAsync(Family());

        Assert.Equal(0, await server.StopAsync());
        Assert.Single(server.Board.Records("ended"));
    }

    [Fact]
    public async Task Stop_ProgramThatDoesNotListenToIt_IsKilledWithItsChildren()
    {
        ServerSpec spec = Programs.OfCommand($"sh -c \"trap '' TERM; {Repository.Python} {Path.Combine(Repository.Apps, "raw_program.py")} & wait; while true; do sleep 1000; done\"");
        await using HydraServer server = await HydraServer.StartAsync(spec with { Arguments = [.. spec.Arguments, "--graceful-timeout", "1s"] });

        Assert.Equal(0, await server.StopAsync());
        server.Log.ExpectAnyErrors("worker 0");
    }

    // A shell that stays, with a program as its child.
    private static ServerSpec Family() => Programs.OfCommand($"sh -c '{Repository.Python} {Path.Combine(Repository.Apps, "program_probe.py")}; exit 0'");

    private static IReadOnlyList<int> ProgramPids(HydraServer server)
        => [.. server.Tree().Where(static pid => Processes.CommandLine(pid).StartsWith($"{Repository.Python} ", StringComparison.Ordinal))];

    private static async Task<string> FailAsync(ServerSpec spec, string[] more)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(spec with { Arguments = [.. spec.Arguments, .. more] });
        Assert.Equal(3, await server.ExitAsync());
        server.Log.ExpectAnyErrors("");
        return server.Log.Text;
    }
}
