using System.Net.WebSockets;
using System.Text;

namespace Hydra.Tests.Functional.Harness;

/// <summary>.NET's client of WebSockets, for text.</summary>
internal static class ClientSocket
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Connects to a path of the server.</summary>
    public static async Task<ClientWebSocket> OpenAsync(Uri server, string path)
    {
        var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri($"ws://{server.Authority}{path}"), default);
        return client;
    }

    /// <summary>Sends text and returns what comes back, or null for a close.</summary>
    public static async Task<string?> AskAsync(ClientWebSocket client, string text)
    {
        await SendAsync(client, text);
        return await ReceiveAsync(client);
    }

    /// <summary>Sends text.</summary>
    public static Task SendAsync(ClientWebSocket client, string text)
        => client.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);

    /// <summary>The next message; null for a close.</summary>
    public static async Task<string?> ReceiveAsync(ClientWebSocket client)
    {
        using var message = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        ValueWebSocketReceiveResult received;
        do
        {
            received = await client.ReceiveAsync(buffer.AsMemory(), default).AsTask().WaitAsync(Limit);
            message.Write(buffer, 0, received.Count);
        }
        while (!received.EndOfMessage);

        return received.MessageType is WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(message.ToArray());
    }
}
