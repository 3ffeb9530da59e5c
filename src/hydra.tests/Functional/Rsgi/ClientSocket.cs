using System.Net.WebSockets;
using System.Text;

namespace Hydra.Tests.Functional.Rsgi;

/// <summary>.NET's client of WebSockets, for text.</summary>
internal static class ClientSocket
{
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
        await client.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);
        using var whole = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            ValueWebSocketReceiveResult received = await client.ReceiveAsync(buffer.AsMemory(), default);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            whole.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
            {
                return Encoding.UTF8.GetString(whole.ToArray());
            }
        }
    }
}
