using System.Text.Json;
using Xunit;

namespace Hydra.Tests.Functional.Harness;

/// <summary>Reads what the probes answer.</summary>
public static class JsonResponses
{
    /// <summary>Gets a path whose answer is JSON.</summary>
    public static async Task<JsonElement> GetJsonAsync(this HydraServer server, string path)
    {
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri(path, UriKind.Relative));
        return await response.ReadJsonAsync();
    }

    /// <summary>Gets a path whose answer is text.</summary>
    public static async Task<string> GetTextAsync(this HydraServer server, string path)
    {
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri(path, UriKind.Relative));
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>The response's JSON; fails when it is no success.</summary>
    public static async Task<JsonElement> ReadJsonAsync(this HttpResponseMessage response)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>The JSON of a raw response.</summary>
    public static JsonElement Json(this RawResponse response)
    {
        Assert.True(response.Status == 200, $"{response.StatusLine}: {response.Text}");
        return JsonSerializer.Deserialize<JsonElement>(response.Body);
    }

    /// <summary>The strings of an array.</summary>
    public static string[] Strings(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetString()!)];

    /// <summary>Bytes as the ASGI probe shows them.</summary>
    public static string Bytes(this JsonElement element) => element.GetProperty("bytes").GetString()!;
}
