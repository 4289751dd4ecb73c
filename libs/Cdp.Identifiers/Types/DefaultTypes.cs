namespace Cdp.Identifiers.Types;

/// <summary>
/// The identifier types that apply without a configuration: those of Segment Unify
/// (https://segment.com/docs/unify/identity-resolution/externalids/) and their places in the event, except types that do not identify a person.
/// </summary>
public static class DefaultTypes
{
    /// <summary>How many user ids a profile may have.</summary>
    public const int UserIdLimit = 1;

    /// <summary>How many identifiers of any other type a profile may have.</summary>
    public const int DefaultLimit = 5;

    private const string ExternalIds = "context.externalIds";

    public static readonly IReadOnlyList<IdentifierType> All =
    [
        new(IdentifierTypes.UserId, [Place.At("userId"), Place.At(ExternalIds)], Normalisation.None, UserIdLimit),
        new(IdentifierTypes.Email, [Place.At("traits.email"), Place.At("context.traits.email"), Place.At(ExternalIds)], Normalisation.Email, DefaultLimit),
        new(IdentifierTypes.Phone, [Place.At("traits.phone"), Place.At("context.traits.phone"), Place.At(ExternalIds)], Normalisation.Phone, DefaultLimit),
        Device("ios.idfa", "context.device.advertisingId", ("context.device.type", "ios"), ("context.device.adTrackingEnabled", "true")),
        Device("ios.idfv", "context.device.id", ("context.device.type", "ios")),
        Device("android.idfa", "context.device.advertisingId", ("context.device.type", "android"), ("context.device.adTrackingEnabled", "true")),
        Device("android.id", "context.device.id", ("context.device.type", "android")),
        new(IdentifierTypes.AnonymousId, [Place.At("anonymousId"), Place.At(ExternalIds)], Normalisation.None, DefaultLimit),
    ];

    /// <summary>The complete identity configuration for installations without a file.</summary>
    public static IdentifierTypes Configuration { get; } = new(All, new BlockedValues([], []), null, new Caps());

    private static IdentifierType Device(string name, string at, params (string Path, string Text)[] when) =>
        new(name, [Place.At(at, when), Place.At(ExternalIds)], Normalisation.Lower, DefaultLimit);
}
