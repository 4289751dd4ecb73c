namespace Cdp.Destinations.Http;

/// <summary>Options for the requests of a destination.</summary>
public sealed record HttpSenderOptions
{
    /// <summary>How long a response may take, from the start of the request to the part of the body that is read.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The maximum number of simultaneous connections to a server.</summary>
    public int Connections { get; init; } = 8;

    /// <summary>Whether hosts may have addresses that are not public: loopback, private networks and other special ones.</summary>
    public bool AllowPrivate { get; init; }
}
