namespace Hydra.Tests.Functional.Harness;

/// <summary>What a server says at --metrics.</summary>
internal static class Metrics
{
    /// <summary>All that it says.</summary>
    public static async Task<string> ReadAsync(HydraServer server)
    {
        string address = (await server.Log.WaitAsync("metrics are served at")).Split(" at ")[1].Trim();
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri(new Uri(address), "/metrics"));
    }
}
