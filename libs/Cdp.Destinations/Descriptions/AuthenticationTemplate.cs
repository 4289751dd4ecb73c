using Cdp.Destinations.Mapping;

namespace Cdp.Destinations.Descriptions;

/// <summary>What proves to the target who sends. The mappings see <c>settings</c> alone.</summary>
internal sealed record AuthenticationTemplate
{
    public static AuthenticationTemplate None { get; } = new();

    /// <summary>Headers of every request; one whose value is empty is left out.</summary>
    public EventMapping? Headers { get; init; }

    /// <summary>An object with <c>user</c> and <c>password</c>.</summary>
    public EventMapping? Basic { get; init; }

    /// <summary>An object with <c>token_url</c> and the fields of the request for an access token, such as <c>grant_type</c>.</summary>
    public EventMapping? OAuth { get; init; }

    /// <summary>The setting with the secret that signs bodies (<see cref="Signature"/>).</summary>
    public string? SignatureSecret { get; init; }
}
