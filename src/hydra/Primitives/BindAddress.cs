namespace Hydra.Primitives;

/// <summary>An address that the server listens at.</summary>
internal abstract record BindAddress
{
    private BindAddress()
    {
    }

    /// <summary>Whether TLS is spoken there; null for what the certificates say.</summary>
    public bool? IsTls { get; init; }

    /// <summary>Whether the uwsgi protocol is spoken there and not HTTP; null for what --protocol says.</summary>
    public bool? IsUwsgi { get; init; }

    /// <summary>The address as a client would write it.</summary>
    public abstract string Url { get; }

    /// <summary>A TCP port. <paramref name="Host"/> is a name or an IP address without brackets; port 0 asks for a free one.</summary>
    public sealed record Tcp(string Host, int Port) : BindAddress
    {
        /// <inheritdoc/>
        public override string Url => "http://" + ToString();

        /// <inheritdoc/>
        public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
    }

    /// <summary>A Unix socket in the file system.</summary>
    public sealed record Unix(string Path) : BindAddress
    {
        /// <inheritdoc/>
        public override string Url => ToString();

        /// <inheritdoc/>
        public override string ToString() => "unix:" + Path;
    }

    /// <summary>A listening socket that was open as this descriptor when the process started.</summary>
    public sealed record Descriptor(int Number) : BindAddress
    {
        /// <summary>How such an address begins.</summary>
        public const string Prefix = "fd://";

        /// <inheritdoc/>
        public override string Url => ToString();

        /// <inheritdoc/>
        public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Prefix}{Number}");
    }
}
