using System.Security.Cryptography;
using System.Text;

namespace Hydra.Dashboard;

/// <summary>What somebody has to know who may see the dashboard, or press its buttons. Any thread.</summary>
internal sealed class DashboardToken
{
    // 128 bits.
    private const int MadeBytes = 16;

    private readonly byte[] _hash;

    /// <summary>Takes a token.</summary>
    public DashboardToken(string text) => _hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>Makes one up that nobody can guess.</summary>
    public static string Make() => RandomNumberGenerator.GetHexString(MadeBytes * 2, lowercase: true);

    /// <summary>Whether this is it. How long that takes says nothing of how much of it is right, or how long it is.</summary>
    public bool Is(string text) => CryptographicOperations.FixedTimeEquals(_hash, SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
