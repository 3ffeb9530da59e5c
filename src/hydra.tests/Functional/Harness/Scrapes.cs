using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Hydra.Tests.Functional.Harness;

/// <summary>What --metrics serves, as tests see it.</summary>
public static class Scrapes
{
    /// <summary>A client of the metrics' address.</summary>
    public static async Task<HttpClient> MetricsClientAsync(this HydraServer server)
        => new() { BaseAddress = new Uri((await server.Log.WaitAsync("metrics are served at")).Split(" at ")[1].Trim()) };

    /// <summary>The text of one scrape.</summary>
    public static async Task<string> ScrapeAsync(this HydraServer server)
    {
        using HttpClient client = await server.MetricsClientAsync();
        return await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
    }

    /// <summary>The samples of one scrape by name and labels as they are written; one that is there twice fails.</summary>
    public static async Task<IReadOnlyDictionary<string, double>> SamplesAsync(this HydraServer server) => Samples(await server.ScrapeAsync());

    /// <summary>Scrapes until a condition is met.</summary>
    public static async Task<IReadOnlyDictionary<string, double>> SamplesAsync(this HydraServer server, Func<IReadOnlyDictionary<string, double>, bool> condition)
    {
        IReadOnlyDictionary<string, double> samples = await server.SamplesAsync();
        for (int i = 0; i < 3_000 && !condition(samples); i++)
        {
            await Task.Delay(10);
            samples = await server.SamplesAsync();
        }

        Assert.True(condition(samples), string.Join('\n', samples));
        return samples;
    }

    /// <summary>The samples of a text.</summary>
    public static IReadOnlyDictionary<string, double> Samples(string text)
        => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => !line.StartsWith('#'))
            .ToDictionary(static line => line[..line.LastIndexOf(' ')], static line => Value(line[(line.LastIndexOf(' ') + 1)..]), StringComparer.Ordinal);

    /// <summary>Has Prometheus' own client library read a text: it must be there.</summary>
    public static async Task AssertReadByClientAsync(string text)
    {
        var start = new ProcessStartInfo(Repository.Python, [Path.Combine(Repository.Apps, "metrics_check.py")]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process python = Process.Start(start)!;
        Task<string> output = python.StandardOutput.ReadToEndAsync();
        Task<string> errors = python.StandardError.ReadToEndAsync();
        await python.StandardInput.WriteAsync(text);
        python.StandardInput.Close();
        await python.WaitForExitAsync();
        Assert.True(python.ExitCode == 0, await output + await errors + text);
    }

    private static double Value(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };
}
