using System.Globalization;

namespace Hydra.Diagnostics;

/// <summary>The end of a daemon's address: a host, and a port or none.</summary>
internal static class HostAndPort
{
    /// <summary>Reads host, host:port or [::1]:port. Whether a host may be missing is for the caller to say.</summary>
    /// <param name="text">The text.</param>
    /// <param name="usual">The port where none is said.</param>
    /// <param name="host">The host, without brackets; empty where there is none.</param>
    /// <param name="port">The port, from 1 to 65535.</param>
    /// <returns>False where there is a port that is none.</returns>
    public static bool TryRead(string text, int usual, out string host, out int port)
    {
        int colon = text.IndexOf(':', text.LastIndexOf(']') + 1);
        host = (colon < 0 ? text : text[..colon]).Trim('[', ']');
        port = usual;
        return colon < 0
            || (int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535);
    }
}
