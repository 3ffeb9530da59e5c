using System.Globalization;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>A server with --preload that serves preload_probe, and what that tells.</summary>
internal static class PreloadedServer
{
    /// <summary>How to start one.</summary>
    /// <param name="callable">asgi or wsgi.</param>
    /// <param name="workers">How many workers.</param>
    /// <param name="arguments">More options.</param>
    public static ServerSpec Spec(string callable, int workers, params string[] arguments)
        => new($"preload_probe:{callable}") { Workers = workers, Arguments = ["--preload", .. arguments] };

    /// <summary>The same, whose application finds this version when it is imported.</summary>
    public static ServerSpec Version(this ServerSpec spec, string version)
        => spec with { Prepare = directory => File.WriteAllTextAsync(Path.Combine(directory, "version"), version) };

    /// <summary>What the application is to find from now on when it is imported.</summary>
    public static Task SetVersionAsync(this HydraServer server, string version) => File.WriteAllTextAsync(server.FilePath("version"), version);

    /// <summary>The processes that have imported the application, in their order.</summary>
    public static int[] Importers(this HydraServer server)
        => [.. server.Board.Records("import").Select(static line => int.Parse(line, CultureInfo.InvariantCulture))];

    /// <summary>The process of a worker.</summary>
    public static int Pid(JsonElement worker) => worker.GetProperty("pid").GetInt32();

    /// <summary>Sends requests until all of these workers have answered; gives the latest answer of each, by its index.</summary>
    public static async Task<Dictionary<string, JsonElement>> WorkersAsync(this HydraServer server, int count)
    {
        Dictionary<string, JsonElement> found = [];
        long deadline = Environment.TickCount64 + (long)Eventually.Limit.TotalMilliseconds;
        while (found.Count < count)
        {
            Assert.True(Environment.TickCount64 < deadline, $"only the workers {string.Join(", ", found.Keys)} answered\n{server.Log.Text}");
            string[] texts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.GetTextAsync("/")));
            foreach (JsonElement worker in texts.Select(text => JsonDocument.Parse(text).RootElement))
            {
                found[worker.GetProperty("id").GetString()!] = worker;
            }
        }

        return found;
    }
}
