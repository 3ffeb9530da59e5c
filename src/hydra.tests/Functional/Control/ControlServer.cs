using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Control;

/// <summary>What the tests of the control socket share: a server that has one, and the commands that ask it.</summary>
internal static class ControlServer
{
    /// <summary>Its name in the server's directory.</summary>
    public const string Socket = "c.sock";

    /// <summary>Starts a server with a control socket.</summary>
    public static Task<HydraServer> StartAsync(string app, params string[] arguments) => HydraServer.StartAsync(Spec(app, arguments));

    /// <summary>How it is started.</summary>
    public static ServerSpec Spec(string app, params string[] arguments) => new(app) { Arguments = ["--control-socket", Socket, .. arguments] };

    /// <summary>Runs a command, in the server's directory.</summary>
    /// <returns>The exit code, standard output and standard error.</returns>
    public static async Task<(int Code, string Output, string Error)> RunAsync(this HydraServer server, params string[] words)
    {
        await using var command = new RunningCommand([Repository.Executable, .. words], server.FilePath("."), [new("HYDRA_CONTROL_SOCKET", Socket)]);
        int code = await command.ExitAsync();
        return (code, string.Join('\n', command.Log.Output), command.Log.Text);
    }

    /// <summary>Runs hydra ctl, which must not fail.</summary>
    public static async Task<string> CtlAsync(this HydraServer server, params string[] words)
    {
        (int code, string output, string error) = await server.RunAsync(["ctl", .. words]);
        Assert.True(code == 0, $"{code}: {error}\n{server.Log.Text}");
        return output;
    }

    /// <summary>Runs hydra ctl, which must fail with 1.</summary>
    /// <returns>The sentence.</returns>
    public static async Task<string> RefusedAsync(this HydraServer server, params string[] words)
    {
        (int code, string output, string error) = await server.RunAsync(["ctl", .. words]);
        Assert.Equal((1, ""), (code, output));
        return error;
    }

    /// <summary>hydra status --json.</summary>
    public static async Task<JsonElement> StatusAsync(this HydraServer server)
    {
        (int code, string output, string error) = await server.RunAsync("status", "--json");
        Assert.True(code == 0, error);
        return JsonDocument.Parse(output).RootElement;
    }

    /// <summary>Asks until it is so.</summary>
    public static async Task<JsonElement> StatusAsync(this HydraServer server, Func<JsonElement, bool> condition)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        JsonElement status = await server.StatusAsync();
        while (!condition(status))
        {
            limit.Token.ThrowIfCancellationRequested();
            status = await server.StatusAsync();
        }

        return status;
    }

    /// <summary>The workers of the first application.</summary>
    public static JsonElement[] Workers(this JsonElement status) => [.. status.GetProperty("pools")[0].GetProperty("workers").EnumerateArray()];

    /// <summary>The state of each worker, with its number.</summary>
    public static string[] States(this JsonElement status) => [.. status.Workers().Select(static worker => $"{worker.GetProperty("index")} {worker.GetProperty("state")}")];
}
