namespace Cdp.LocalKafka.Requests;

/// <summary>
/// The operations that a client is authorized for, as the bit fields of KIP-430 (bit n is Kafka's AclOperation n). Without an authorizer these are
/// all operations of a resource.
/// </summary>
internal static class AuthorizedOperations
{
    private const int Read = 1 << 3;
    private const int Write = 1 << 4;
    private const int Create = 1 << 5;
    private const int Delete = 1 << 6;
    private const int Alter = 1 << 7;
    private const int Describe = 1 << 8;
    private const int ClusterAction = 1 << 9;
    private const int DescribeConfigs = 1 << 10;
    private const int AlterConfigs = 1 << 11;
    private const int IdempotentWrite = 1 << 12;

    /// <summary>The value if the operations were not asked for.</summary>
    public const int Unasked = int.MinValue;
    public const int Cluster = Create | Alter | Describe | ClusterAction | DescribeConfigs | AlterConfigs | IdempotentWrite;
    public const int Group = Read | Delete | Describe | DescribeConfigs | AlterConfigs;
    public const int Topic = Read | Write | Create | Delete | Alter | Describe | DescribeConfigs | AlterConfigs;
}
