namespace Cdp.Identifiers;

/// <summary>
/// What counts where the operator says nothing: the identifiers and their places of Segment's Unify
/// (https://segment.com/docs/unify/identity-resolution/externalids/), without those that are no person's.
/// </summary>
public static class DefaultTypes
{
    public const int OneLimit = 1;
    public const int ManyLimit = 5;

    private const string External = "context.externalIds";

    public static readonly IReadOnlyList<IdentifierType> All =
    [
        new(IdentifierTypes.UserId, [Place.At("userId"), Place.At(External)], Form.None, OneLimit),
        new(IdentifierTypes.Email, [Place.At("traits.email"), Place.At("context.traits.email"), Place.At(External)], Form.Email, ManyLimit),
        new(IdentifierTypes.Phone, [Place.At("traits.phone"), Place.At("context.traits.phone"), Place.At(External)], Form.Phone, ManyLimit),
        Device("ios.idfa", "context.device.advertisingId", ("context.device.type", "ios"), ("context.device.adTrackingEnabled", "true")),
        Device("ios.idfv", "context.device.id", ("context.device.type", "ios")),
        Device("android.idfa", "context.device.advertisingId", ("context.device.type", "android"), ("context.device.adTrackingEnabled", "true")),
        Device("android.id", "context.device.id", ("context.device.type", "android")),
        new(IdentifierTypes.AnonymousId, [Place.At("anonymousId"), Place.At(External)], Form.None, ManyLimit),
    ];

    /// <summary>All of it, for who has no configuration.</summary>
    public static IdentifierTypes Configuration { get; } = new(All, new BlockedValues([], []), null, new Caps());

    private static IdentifierType Device(string name, string at, params (string Path, string Text)[] when) => new(name, [Place.At(at, when), Place.At(External)], Form.Lower, ManyLimit);
}
