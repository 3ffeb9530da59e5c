using System.Globalization;
using System.Net;
using System.Text;
using Hydra.Primitives;
using Hydra.Transport;

namespace Hydra.Hosting;

/// <summary>
/// What a server passes to the one that it starts for an upgrade, and how that is written in the variable HYDRA_INHERIT: fields
/// separated by semicolons, with what is not a number in percent-encoding.
/// </summary>
/// <param name="Parent">The process id of the server that goes.</param>
/// <param name="Report">The descriptor of the pipe on which it waits to hear that this server is ready.</param>
/// <param name="Directory">The directory that it was started in.</param>
/// <param name="Sockets">The listening sockets.</param>
/// <param name="IgnoresHangup">Whether the server was started with SIGHUP ignored, which an upgrade is not.</param>
internal sealed record Inheritance(int Parent, int Report, string Directory, IReadOnlyList<InheritedSocket> Sockets, bool IgnoresHangup = false)
{
    /// <summary>The descriptor of the link to its shared state; null where there is none.</summary>
    public int? State { get; init; }

    /// <summary>The version of what is said on that link.</summary>
    public int StateVersion { get; init; }

    private const string Shared = "shared";
    private const string Own = "own";
    private const string Nohup = "hangup=ignored";

    /// <summary>The text of the variable.</summary>
    public string Format()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"parent={Parent};report={Report};directory={Escape(Directory)}");
        foreach (InheritedSocket socket in Sockets)
        {
            text.Append(CultureInfo.InvariantCulture, $";socket={socket.Number},{(socket.IsShared ? Shared : "")},{(socket.OwnsPath ? Own : "")},");
            text.Append(Uri.EscapeDataString(socket.Key));
        }

        if (State is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $";state={State},{StateVersion}");
        }

        return IgnoresHangup ? text.Append(';').Append(Nohup).ToString() : text.ToString();
    }

    /// <summary>Reads what <see cref="Format"/> has written.</summary>
    /// <returns>Null when it is none of ours.</returns>
    public static Inheritance? Parse(string text)
    {
        int parent = 0;
        int report = 0;
        string? directory = null;
        bool ignoresHangup = false;
        int state = 0;
        int stateVersion = 0;
        List<InheritedSocket> sockets = [];
        foreach (string field in text.Split(';'))
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            string value = field[(equals + 1)..];
            bool isGood = field[..Math.Max(equals, 0)] switch
            {
                "parent" => IsNumber(value, out parent),
                "report" => IsNumber(value, out report),
                "directory" => (directory = Unescape(value)).Length > 0,
                "socket" => TryAddSocket(value, sockets),
                "state" => value.Split(',') is [var number, var version] && IsNumber(number, out state) && IsNumber(version, out stateVersion),
                "hangup" => ignoresHangup = field == Nohup,
                _ => false,
            };
            if (!isGood)
            {
                return null;
            }
        }

        return report > 0 && directory is not null
            ? new Inheritance(parent, report, directory, sockets, ignoresHangup) { State = state > 0 ? state : null, StateVersion = stateVersion }
            : null;
    }

    private static string Escape(string path)
        => OddPath.IsOdd(path) ? string.Concat(OddPath.Encode(path).Select(static one => $"%{one:X2}")) : Uri.EscapeDataString(path);

    private static string Unescape(string text) => OddPath.Decode(WebUtility.UrlDecodeToBytes(Encoding.UTF8.GetBytes(text), 0, Encoding.UTF8.GetByteCount(text))!);

    private static bool TryAddSocket(string value, List<InheritedSocket> sockets)
    {
        string[] parts = value.Split(',');
        if (parts.Length != 4 || !IsNumber(parts[0], out int number))
        {
            return false;
        }

        sockets.Add(new InheritedSocket(Uri.UnescapeDataString(parts[3]), number, parts[1] == Shared, parts[2] == Own));
        return true;
    }

    private static bool IsNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
