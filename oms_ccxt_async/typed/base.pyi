# Made by tests/typing/make_stubs.py of ccxt 4.5.90: `make stubs`.
# mypy: disable-error-code="override, assignment, misc"

from collections.abc import Callable, Mapping
from typing import Any, Literal
from oms_ccxt_async.types import (
    ADL,
    Account,
    BalanceAccount,
    Balances,
    BorrowInterest,
    Conversion,
    CurrencyInterface,
    DepositAddress,
    FundingRate,
    FundingRateHistory,
    Greeks,
    IsolatedBorrowRate,
    LastPrice,
    LedgerEntry,
    Leverage,
    LeverageTier,
    Liquidation,
    LongShortRatio,
    MarginMode,
    MarginModification,
    MarketInterface,
    Num,
    OpenInterest,
    Option,
    Order,
    OrderBook,
    Position,
    Ticker,
    Trade,
    Transaction,
    TransferEntry,
)

class Base:
    cafile: str
    decimal_to_precision: Callable[..., str]
    decimalToPrecision: Callable[..., str]
    markets_loading: Any
    number_to_string: Callable[[Any], str | None]
    numberToString: Callable[[Any], str | None]
    own_session: bool
    reloading_markets: bool
    MAX_VALUE: float
    def account(self) -> BalanceAccount: ...
    accountId: Any
    accounts: Any
    def add_fetch_cache(self, data: Any) -> Any: ...
    addFetchCache = add_fetch_cache
    def add_key_in_array_items(self, obj: Any, keyName: Any) -> Any: ...
    addKeyInArrayItems = add_key_in_array_items
    def after_construct(self, userConfig: dict[str, Any] = {}) -> Any: ...
    afterConstruct = after_construct
    @staticmethod
    def aggregate(bidasks: Any) -> Any: ...
    aiohttp_proxy: Any
    aiohttp_socks_connector: Any
    aiohttp_trust_env: bool
    alias: bool
    def amount_to_precision(self, symbol: str | None, amount: Num) -> str: ...
    amountToPrecision = amount_to_precision
    api: Any
    apiKey: str | None
    @staticmethod
    def array_concat(a: Any, b: Any) -> Any: ...
    arrayConcat = array_concat
    def array_slice(self, array: Any, first: Any, second: Any | None = None) -> Any: ...
    arraySlice = array_slice
    def arrays_concat(self, arraysOfArrays: list[Any]) -> Any: ...
    arraysConcat = arrays_concat
    def assign_default_deposit_withdraw_fees(self, fee: Any, currency: CurrencyInterface | None = None) -> Any: ...
    assignDefaultDepositWithdrawFees = assign_default_deposit_withdraw_fees
    asyncio_loop: Any
    balance: Balances
    @staticmethod
    def base16_to_binary(s: Any) -> Any: ...
    base16ToBinary = base16_to_binary
    base58_alphabet: str
    base58_decoder: Any
    base58_encoder: Any
    @staticmethod
    def base58_to_binary(s: Any) -> Any: ...
    base58ToBinary = base58_to_binary
    @staticmethod
    def base64_to_binary(s: Any) -> Any: ...
    base64ToBinary = base64_to_binary
    @staticmethod
    def base64_to_string(s: Any) -> Any: ...
    base64ToString = base64_to_string
    base_currencies: Any
    bidsasks: dict[str, Ticker]
    @staticmethod
    def binary_concat(*args: Any) -> Any: ...
    binaryConcat = binary_concat
    @staticmethod
    def binary_concat_array(array: Any) -> Any: ...
    binaryConcatArray = binary_concat_array
    def binary_length(self, binary: Any) -> Any: ...
    binaryLength = binary_length
    @staticmethod
    def binary_to_base16(s: Any) -> Any: ...
    binaryToBase16 = binary_to_base16
    @staticmethod
    def binary_to_base58(b: Any) -> Any: ...
    binaryToBase58 = binary_to_base58
    @staticmethod
    def binary_to_base64(s: Any) -> Any: ...
    binaryToBase64 = binary_to_base64
    @staticmethod
    def binary_to_string(buff: bytes) -> str: ...
    binaryToString = binary_to_string
    def binary_to_urlencoded_base64(self) -> str: ...
    binaryToUrlencodedBase64 = binary_to_urlencoded_base64
    def build_ohlcvc(
        self, trades: list[Trade], timeframe: str = "1m", since: float = 0, limit: float = 2147483647
    ) -> Any: ...
    buildOhlcvc = build_ohlcvc
    def calculate_fee(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num,
        takerOrMaker: Any = "taker",
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    calculateFee = calculate_fee
    def calculate_fee_with_rate(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num,
        takerOrMaker: Any = "taker",
        feeRate: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    calculateFeeWithRate = calculate_fee_with_rate
    def calculate_rate_limiter_cost(
        self, api: list[str], method: Any, path: Any, params: Any, config: dict[str, Any] = {}
    ) -> Any: ...
    calculateRateLimiterCost = calculate_rate_limiter_cost
    @staticmethod
    def capitalize(string: Any) -> Any: ...
    certified: bool
    def check_address(self, address: str | None = None, code: str | None = None, tag: str | None = None) -> Any: ...
    checkAddress = check_address
    def check_conflicting_proxies(self, proxyAgentSet: Any, proxyUrlSet: Any) -> Any: ...
    checkConflictingProxies = check_conflicting_proxies
    def check_option_bool(self, methodName: Any, optionName: Any, value: Any) -> Any: ...
    checkOptionBool = check_option_bool
    def check_option_integer(self, methodName: Any, optionName: Any, value: Any) -> Any: ...
    checkOptionInteger = check_option_integer
    def check_option_string(self, methodName: Any, optionName: Any, value: Any) -> Any: ...
    checkOptionString = check_option_string
    def check_order_arguments(
        self, market: Any, type: str | None, side: str | None, amount: Num, price: Num, params: Any
    ) -> Any: ...
    checkOrderArguments = check_order_arguments
    def check_proxy_settings(
        self, url: str | None = None, method: str | None = None, headers: Any | None = None, body: Any | None = None
    ) -> Any: ...
    checkProxySettings = check_proxy_settings
    def check_proxy_url_settings(
        self, url: str | None = None, method: str | None = None, headers: Any | None = None, body: Any | None = None
    ) -> Any: ...
    checkProxyUrlSettings = check_proxy_url_settings
    def check_required_argument(
        self, methodName: str, argument: Any, argumentName: str, options: list[str] = []
    ) -> Any: ...
    checkRequiredArgument = check_required_argument
    def check_required_credentials(self, error: Any = True) -> Any: ...
    checkRequiredCredentials = check_required_credentials
    def check_required_dependencies(self) -> Any: ...
    checkRequiredDependencies = check_required_dependencies
    def check_required_margin_argument(self, methodName: str, symbol: str | None, marginMode: str) -> Any: ...
    checkRequiredMarginArgument = check_required_margin_argument
    def check_ws_proxy_settings(self) -> list[str | None]: ...
    checkWsProxySettings = check_ws_proxy_settings
    def clean_cache(self, subscription: dict[str, Any] | None) -> Any: ...
    cleanCache = clean_cache
    def clean_rest_data(self) -> Any: ...
    cleanRestData = clean_rest_data
    def clean_unsubscription(
        self, client: Any, subHash: str | None, unsubHash: str | None, subHashIsPrefix: Any = False
    ) -> Any: ...
    cleanUnsubscription = clean_unsubscription
    def clean_ws_data(self) -> Any: ...
    cleanWsData = clean_ws_data
    def clone(self, obj: Any) -> Any: ...
    codes: list[str]
    commonCurrencies: dict[str, Any]
    def common_currency_code(self, code: str) -> Any: ...
    commonCurrencyCode = common_currency_code
    def convert_expire_date(self, date: str | None) -> Any: ...
    convertExpireDate = convert_expire_date
    def convert_expire_date_to_market_id_date(self, date: str | None) -> Any: ...
    convertExpireDateToMarketIdDate = convert_expire_date_to_market_id_date
    def convert_market_id_expire_date(self, date: str | None) -> Any: ...
    convertMarketIdExpireDate = convert_market_id_expire_date
    def convert_ohlcv_to_trading_view(
        self,
        ohlcvs: list[list[float]],
        timestamp: Any = "t",
        open: Any = "o",
        high: Any = "h",
        low: Any = "l",
        close: Any = "c",
        volume: Any = "v",
        ms: Any = False,
    ) -> Any: ...
    convertOHLCVToTradingView = convert_ohlcv_to_trading_view
    def convert_to_big_int(self, value: Any) -> Any: ...
    convertToBigInt = convert_to_big_int
    def convert_to_safe_dictionary(self, dictionary: Any) -> Any: ...
    convertToSafeDictionary = convert_to_safe_dictionary
    def convert_trading_view_to_ohlcv(
        self,
        ohlcvs: dict[str, Any],
        timestamp: Any = "t",
        open: Any = "o",
        high: Any = "h",
        low: Any = "l",
        close: Any = "c",
        volume: Any = "v",
        ms: Any = False,
    ) -> Any: ...
    convertTradingViewToOHLCV = convert_trading_view_to_ohlcv
    def convert_type_to_account(self, account: Any) -> Any: ...
    convertTypeToAccount = convert_type_to_account
    def cost_to_precision(self, symbol: str | None, cost: Num) -> str: ...
    costToPrecision = cost_to_precision
    countries: Any
    @staticmethod
    def crc32(string: Any, signed: Any = False) -> Any: ...
    def create_ccxt_trade_id(
        self,
        timestamp: int | None = None,
        side: str | None = None,
        amount: Num = None,
        price: Num = None,
        takerOrMaker: str | None = None,
    ) -> Any: ...
    createCcxtTradeId = create_ccxt_trade_id
    def create_expired_option_market(self, symbol: str | None) -> MarketInterface: ...
    createExpiredOptionMarket = create_expired_option_market
    def create_ohlcv_object(self, symbol: str | None, timeframe: str, data: Any) -> Any: ...
    createOHLCVObject = create_ohlcv_object
    def create_safe_dictionary(self, isWs: Any = False) -> Any: ...
    createSafeDictionary = create_safe_dictionary
    currencies: dict[str, CurrencyInterface]
    currencies_by_id: Any
    def currency(self, code: str | None) -> Any: ...
    def currency_id(self, code: str | None) -> Any: ...
    currencyId = currency_id
    def currency_ids(self, codes: list[str] | None = None) -> Any: ...
    currencyIds = currency_ids
    def currency_to_precision(self, code: str | None, fee: Any, networkCode: str | None = None) -> str: ...
    currencyToPrecision = currency_to_precision
    @staticmethod
    def decode(string: Any) -> Any: ...
    @staticmethod
    def deep_extend(*args: Any, _all_dicts: Any = False) -> Any: ...
    deepExtend = deep_extend
    def deposit_withdraw_fee(self, info: Any) -> Any: ...
    depositWithdrawFee = deposit_withdraw_fee
    def describe(self) -> Any: ...
    @staticmethod
    def ecdsa(
        request: Any, secret: Any, algorithm: Any = "p256", hash: Any | None = None, fixed_length: Any = False
    ) -> Any: ...
    ecdsa_curves: dict[str, Any]
    ecdsa_prehashed_algorithms: dict[str, Any]
    @staticmethod
    def eddsa(request: Any, secret: Any, curve: Any = "ed25519", url_encode: Any = False) -> Any: ...
    enableLastHttpResponse: bool
    enableLastJsonResponse: bool
    enableLastResponseHeaders: bool
    enableRateLimit: bool
    def enable_demo_trading(self, enable: bool) -> Any: ...
    enableDemoTrading = enable_demo_trading
    @staticmethod
    def encode(string: Any) -> Any: ...
    def encode_dydx_tx_for_signing(
        self, message: Any, memo: Any, chainId: Any, account: Any, authenticators: Any, fee: Any | None = None
    ) -> Any: ...
    encodeDydxTxForSigning = encode_dydx_tx_for_signing
    def encode_dydx_tx_for_simulation(self, message: Any, memo: Any, sequence: Any, publicKey: Any) -> Any: ...
    encodeDydxTxForSimulation = encode_dydx_tx_for_simulation
    def encode_dydx_tx_raw(self, signDoc: Any, signature: Any) -> Any: ...
    encodeDydxTxRaw = encode_dydx_tx_raw
    @staticmethod
    def encode_uri_component(uri: Any, safe: Any = "~()*!.'") -> Any: ...
    encodeUriComponent = encode_uri_component
    @staticmethod
    def eth_abi_encode(types: Any, args: Any) -> Any: ...
    ethAbiEncode = eth_abi_encode
    @staticmethod
    def eth_encode_structured_data(domain: Any, messageTypes: Any, message: Any) -> Any: ...
    ethEncodeStructuredData = eth_encode_structured_data
    @staticmethod
    def eth_get_address_from_private_key(private_key: Any) -> Any: ...
    ethGetAddressFromPrivateKey = eth_get_address_from_private_key
    events: Any
    eventsLoading: Any
    events_by_slug: Any
    def exception_message(self, exc: Any, include_stack: Any = True) -> Any: ...
    exceptionMessage = exception_message
    exceptions: Any
    def exists_file(self, path: str) -> Any: ...
    existsFile = exists_file
    @staticmethod
    def extend(*args: Any) -> Any: ...
    def extend_exchange_options(self, newOptions: Any) -> Any: ...
    extendExchangeOptions = extend_exchange_options
    @staticmethod
    def extended_starknet_compute_poseidon_hash_on_elements(data: Any) -> Any: ...
    extendedStarknetComputePoseidonHashOnElements = extended_starknet_compute_poseidon_hash_on_elements
    @staticmethod
    def extended_starknet_get_selector_from_name(name: Any) -> Any: ...
    extendedStarknetGetSelectorFromName = extended_starknet_get_selector_from_name
    @staticmethod
    def extended_starknet_sign(msg_hash: Any, pri: Any) -> Any: ...
    extendedStarknetSign = extended_starknet_sign
    @staticmethod
    def extract_params(string: Any) -> Any: ...
    extractParams = extract_params
    extract_params_regex: Any
    def feature_value(
        self,
        symbol: str | None,
        methodName: str | None = None,
        paramName: str | None = None,
        defaultValue: Any | None = None,
    ) -> Any: ...
    featureValue = feature_value
    def feature_value_by_type(
        self,
        marketType: str,
        subType: str | None,
        methodName: str | None = None,
        paramName: str | None = None,
        defaultValue: Any | None = None,
    ) -> Any: ...
    featureValueByType = feature_value_by_type
    features: Any
    def features_generator(self) -> Any: ...
    featuresGenerator = features_generator
    def features_mapper(
        self, initialFeatures: dict[str, Any], marketType: str | None, subType: str | None = None
    ) -> Any: ...
    featuresMapper = features_mapper
    def fee_to_precision(self, symbol: str | None, fee: Any) -> str: ...
    feeToPrecision = fee_to_precision
    fees: dict[str, Any]
    fetchHistoryCache: Any
    fetchHistoryCacheSize: int
    def fetch_fees(self) -> Any: ...
    fetchFees = fetch_fees
    @staticmethod
    def filter_by(array: Any, key: Any, value: Any | None = None) -> Any: ...
    filterBy = filter_by
    def filter_by_array(self, objects: Any, key: str | int, values: Any | None = None, indexed: Any = True) -> Any: ...
    filterByArray = filter_by_array
    def filter_by_array_adl_ranks(
        self, objects: Any, key: str | int, values: Any | None = None, indexed: Any = True
    ) -> Any: ...
    filterByArrayADLRanks = filter_by_array_adl_ranks
    def filter_by_array_positions(self, objects: Any, key: str | int, values: Any | None = None) -> Any: ...
    filterByArrayPositions = filter_by_array_positions
    def filter_by_array_tickers(self, objects: Any, key: str | int, values: Any | None = None) -> Any: ...
    filterByArrayTickers = filter_by_array_tickers
    def filter_by_currency_since_limit(
        self, array: Any, code: str | None = None, since: int | None = None, limit: int | None = None, tail: Any = False
    ) -> Any: ...
    filterByCurrencySinceLimit = filter_by_currency_since_limit
    def filter_by_key(self, objects: Any, key: str | int, value: str | None = None) -> Any: ...
    filterByKey = filter_by_key
    def filter_by_limit(
        self, array: list[Any], limit: int | None = None, key: str | int = "timestamp", fromStart: bool = False
    ) -> Any: ...
    filterByLimit = filter_by_limit
    def filter_by_since_limit(
        self,
        array: list[Any] | None,
        since: int | None = None,
        limit: int | None = None,
        key: str | int = "timestamp",
        tail: Any = False,
    ) -> Any: ...
    filterBySinceLimit = filter_by_since_limit
    def filter_by_symbol(self, objects: Any, symbol: str | None = None) -> Any: ...
    filterBySymbol = filter_by_symbol
    def filter_by_symbol_since_limit(
        self,
        array: Any,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        tail: Any = False,
    ) -> Any: ...
    filterBySymbolSinceLimit = filter_by_symbol_since_limit
    def filter_by_symbols_since_limit(
        self,
        array: Any,
        symbols: list[str] | None = None,
        since: int | None = None,
        limit: int | None = None,
        tail: Any = False,
    ) -> Any: ...
    filterBySymbolsSinceLimit = filter_by_symbols_since_limit
    def filter_by_value_since_limit(
        self,
        array: list[Any],
        field: str | int,
        value: Any | None = None,
        since: int | None = None,
        limit: int | None = None,
        key: Any = "timestamp",
        tail: Any = False,
    ) -> Any: ...
    filterByValueSinceLimit = filter_by_value_since_limit
    def filter_out_by_array(
        self, objects: Any, key: str | int, values: Any | None = None, indexed: Any = True
    ) -> Any: ...
    filterOutByArray = filter_out_by_array
    def find_broadly_matched_key(self, broad: Any, string: str | None) -> Any: ...
    findBroadlyMatchedKey = find_broadly_matched_key
    def find_message_hashes(self, client: Any, element: str) -> Any: ...
    findMessageHashes = find_message_hashes
    def find_nearest_ceiling(self, arr: list[float], providedValue: float) -> Any: ...
    findNearestCeiling = find_nearest_ceiling
    def find_timeframe(self, timeframe: Any, timeframes: dict[str, Any] | None = None) -> str | None: ...
    findTimeframe = find_timeframe
    def fix_stringified_json_members(self, content: Any) -> Any: ...
    fixStringifiedJsonMembers = fix_stringified_json_members
    def force_string(self, value: Any) -> Any: ...
    forceString = force_string
    fundingRates: Any
    def get_cache_index(self, orderbook: Any, deltas: Any) -> float: ...
    getCacheIndex = get_cache_index
    def get_ccxt_version(self) -> Any: ...
    getCcxtVersion = get_ccxt_version
    def get_default_options(self) -> Any: ...
    getDefaultOptions = get_default_options
    def get_describe_for_extended_ws_exchange(
        self, currentRestInstance: Any, parentRestInstance: Any, wsBaseDescribe: dict[str, Any]
    ) -> Any: ...
    getDescribeForExtendedWsExchange = get_describe_for_extended_ws_exchange
    def get_fetch_cache(self) -> Any: ...
    getFetchCache = get_fetch_cache
    def get_list_from_object_values(self, objects: Any, key: str | int) -> Any: ...
    getListFromObjectValues = get_list_from_object_values
    def get_market_from_symbols(self, symbols: list[str] | None = None) -> Any: ...
    getMarketFromSymbols = get_market_from_symbols
    @staticmethod
    def get_object_value_from_key_list(dictionary_or_list: Any, key_list: Any) -> Any: ...
    getObjectValueFromKeyList = get_object_value_from_key_list
    def get_property(self, obj: Any, property: Any, defaultValue: Any | None = None) -> Any: ...
    getProperty = get_property
    def get_supported_mapping(self, key: str | None, mapping: dict[str, Any] = {}) -> Any: ...
    getSupportedMapping = get_supported_mapping
    def get_symbols_for_market_type(
        self,
        marketType: str | None = None,
        subType: str | None = None,
        symbolWithActiveStatus: bool = True,
        symbolWithUnknownStatus: bool = True,
    ) -> Any: ...
    getSymbolsForMarketType = get_symbols_for_market_type
    def get_temp_dir(self) -> Any: ...
    getTempDir = get_temp_dir
    def get_zk_contract_signature_obj(self, seeds: str, params: Any = {}) -> Any: ...
    getZkContractSignatureObj = get_zk_contract_signature_obj
    def get_zk_transfer_signature_obj(self, seeds: str, params: Any = {}) -> Any: ...
    getZkTransferSignatureObj = get_zk_transfer_signature_obj
    @staticmethod
    def group_by(array: Any, key: Any) -> Any: ...
    groupBy = group_by
    handleContentTypeApplicationZip: bool
    def handle_book_delta(self, orderbook: Any, delta: Any) -> Any: ...
    handleBookDelta = handle_book_delta
    def handle_book_deltas(self, orderbook: Any, deltas: Any) -> Any: ...
    handleBookDeltas = handle_book_deltas
    def handle_delta(self, bookside: Any, delta: Any) -> Any: ...
    handleDelta = handle_delta
    def handle_deltas(self, bookside: Any, deltas: list[Any]) -> Any: ...
    handleDeltas = handle_deltas
    def handle_deltas_with_keys(
        self, bookSide: Any, deltas: Any, priceKey: str | int = 0, amountKey: str | int = 1, countOrIdKey: str | int = 2
    ) -> Any: ...
    handleDeltasWithKeys = handle_deltas_with_keys
    def handle_errors(
        self,
        statusCode: int,
        statusText: str,
        url: str,
        method: str,
        responseHeaders: dict[str, Any],
        responseBody: str,
        response: Any,
        requestHeaders: Any,
        requestBody: Any,
    ) -> Any: ...
    handleErrors = handle_errors
    def handle_http_status_code(self, code: Any, reason: Any, url: Any, method: Any, body: Any) -> Any: ...
    handleHttpStatusCode = handle_http_status_code
    def handle_margin_mode_and_params(
        self, methodName: str, params: Mapping[str, Any] = {}, defaultValue: str | None = None
    ) -> list[Any]: ...
    handleMarginModeAndParams = handle_margin_mode_and_params
    def handle_market_type_and_params(
        self,
        methodName: str,
        market: MarketInterface | None = None,
        params: Mapping[str, Any] = {},
        defaultValue: str | None = None,
    ) -> list[Any]: ...
    handleMarketTypeAndParams = handle_market_type_and_params
    def handle_max_entries_per_request_and_params(
        self, method: str, maxEntriesPerRequest: int | None = None, params: Mapping[str, Any] = {}
    ) -> Any: ...
    handleMaxEntriesPerRequestAndParams = handle_max_entries_per_request_and_params
    def handle_network_code_and_params(self, params: Mapping[str, Any]) -> Any: ...
    handleNetworkCodeAndParams = handle_network_code_and_params
    def handle_option(self, methodName: str, optionName: str, defaultValue: Any | None = None) -> Any: ...
    handleOption = handle_option
    def handle_option_and_params(
        self, params: Any, methodName: str | None, optionName: str, defaultValue: Any | None = None
    ) -> Any: ...
    handleOptionAndParams = handle_option_and_params
    def handle_option_and_params_2(
        self, params: Any, methodName1: str, optionName1: str, optionName2: str, defaultValue: Any | None = None
    ) -> Any: ...
    handleOptionAndParams2 = handle_option_and_params_2
    def handle_option_bool_and_params(
        self, params: Mapping[str, Any], methodName: str | None, optionName: str, defaultValue: bool | None = None
    ) -> Any: ...
    handleOptionBoolAndParams = handle_option_bool_and_params
    def handle_option_bool_and_params_2(
        self,
        params: Mapping[str, Any],
        methodName: str,
        optionName1: str,
        optionName2: str,
        defaultValue: bool | None = None,
    ) -> Any: ...
    handleOptionBoolAndParams2 = handle_option_bool_and_params_2
    def handle_option_integer_and_params(
        self, params: Any, methodName: str | None, optionName: str, defaultValue: int | None = None
    ) -> Any: ...
    handleOptionIntegerAndParams = handle_option_integer_and_params
    def handle_option_integer_and_params_2(
        self, params: Any, methodName: str, optionName1: str, optionName2: str, defaultValue: int | None = None
    ) -> Any: ...
    handleOptionIntegerAndParams2 = handle_option_integer_and_params_2
    def handle_option_string_and_params(
        self, params: Mapping[str, Any], methodName: str | None, optionName: str, defaultValue: str | None = None
    ) -> Any: ...
    handleOptionStringAndParams = handle_option_string_and_params
    def handle_option_string_and_params_2(
        self,
        params: Mapping[str, Any],
        methodName: str,
        optionName1: str,
        optionName2: str,
        defaultValue: str | None = None,
    ) -> Any: ...
    handleOptionStringAndParams2 = handle_option_string_and_params_2
    def handle_param_bool(self, params: Any, paramName: str, defaultValue: bool | None = None) -> Any: ...
    handleParamBool = handle_param_bool
    def handle_param_bool_2(
        self, params: Any, paramName1: str, paramName2: str, defaultValue: bool | None = None
    ) -> Any: ...
    handleParamBool2 = handle_param_bool_2
    def handle_param_integer(self, params: Any, paramName: str, defaultValue: int | None = None) -> Any: ...
    handleParamInteger = handle_param_integer
    def handle_param_integer_2(
        self, params: Any, paramName1: str, paramName2: str, defaultValue: int | None = None
    ) -> Any: ...
    handleParamInteger2 = handle_param_integer_2
    def handle_param_string(self, params: Any, paramName: str, defaultValue: str | None = None) -> Any: ...
    handleParamString = handle_param_string
    def handle_param_string_2(
        self, params: Any, paramName1: str, paramName2: str, defaultValue: str | None = None
    ) -> Any: ...
    handleParamString2 = handle_param_string_2
    def handle_post_only(
        self, isMarketOrder: bool, exchangeSpecificPostOnlyOption: bool, params: Mapping[str, Any] = {}
    ) -> Any: ...
    handlePostOnly = handle_post_only
    def handle_sub_type_and_params(
        self,
        methodName: str,
        market: MarketInterface | None = None,
        params: Mapping[str, Any] = {},
        defaultValue: Any | None = None,
    ) -> Any: ...
    handleSubTypeAndParams = handle_sub_type_and_params
    def handle_time_in_force(self, params: Mapping[str, Any] = {}) -> Any: ...
    handleTimeInForce = handle_time_in_force
    def handle_trigger_and_params(self, params: Any) -> Any: ...
    handleTriggerAndParams = handle_trigger_and_params
    def handle_trigger_direction_and_params(
        self, params: Any, exchangeSpecificKey: str | None = None, allowEmpty: bool | None = False
    ) -> Any: ...
    handleTriggerDirectionAndParams = handle_trigger_direction_and_params
    def handle_trigger_prices_and_params(self, symbol: str | None, params: Any, omitParams: Any = True) -> Any: ...
    handleTriggerPricesAndParams = handle_trigger_prices_and_params
    def handle_until_option(
        self, key: str, request: dict[str, Any], params: Mapping[str, Any], multiplier: float = 1
    ) -> Any: ...
    handleUntilOption = handle_until_option
    has: dict[str, Any]
    def has_autocorrect(self) -> Any: ...
    hasAutocorrect = has_autocorrect
    @staticmethod
    def hash(request: Any, algorithm: Any = "md5", digest: Any = "hex") -> Any: ...
    headers: dict[str, Any]
    @staticmethod
    def hmac(request: Any, secret: Any, algorithm: Any = ..., digest: Any = "hex") -> Any: ...
    hostname: Any
    httpExceptions: dict[str, Any]
    httpProxy: str | None
    httpProxyCallback: Any
    http_proxy: Any
    http_proxy_callback: Any
    httpsProxy: str | None
    httpsProxyCallback: Any
    https_proxy: Any
    https_proxy_callback: Any
    id: str
    ids: list[str]
    def implode_hostname(self, url: str) -> Any: ...
    implodeHostname = implode_hostname
    @staticmethod
    def implode_params(string: Any, params: Any) -> Any: ...
    implodeParams = implode_params
    @staticmethod
    def in_array(needle: Any, haystack: Any) -> Any: ...
    inArray = in_array
    def incrementing_nonce(self) -> Any: ...
    incrementingNonce = incrementing_nonce
    @staticmethod
    def index_by(array: Any, key: Any) -> Any: ...
    indexBy = index_by
    @staticmethod
    def index_by_safe(array: Any, key: Any) -> Any: ...
    indexBySafe = index_by_safe
    def init_rest_rate_limiter(self) -> Any: ...
    initRestRateLimiter = init_rest_rate_limiter
    @staticmethod
    def int_to_base16(num: Any) -> Any: ...
    intToBase16 = int_to_base16
    def integer_precision_to_amount(self, precision: str | None) -> Any: ...
    integerPrecisionToAmount = integer_precision_to_amount
    def invert_flat_string_dictionary(self, dict: Any) -> Any: ...
    invertFlatStringDictionary = invert_flat_string_dictionary
    isSandboxModeEnabled: bool
    def is_binary_message(self, message: Any) -> Any: ...
    isBinaryMessage = is_binary_message
    @staticmethod
    def is_dictionary(value: Any) -> Any: ...
    isDictionary = is_dictionary
    @staticmethod
    def is_empty(obj: Any) -> Any: ...
    isEmpty = is_empty
    def is_empty_string(self, value: Any) -> Any: ...
    isEmptyString = is_empty_string
    @staticmethod
    def is_json_encoded_object(input: Any) -> Any: ...
    isJsonEncodedObject = is_json_encoded_object
    def is_leveraged_currency(
        self, currencyCode: Any, checkBaseCoin: bool | None = False, existingCurrencies: dict[str, Any] | None = None
    ) -> Any: ...
    isLeveragedCurrency = is_leveraged_currency
    def is_post_only(self, isMarketOrder: bool, exchangeSpecificParam: Any, params: Mapping[str, Any] = {}) -> Any: ...
    isPostOnly = is_post_only
    def is_round_number(self, value: float) -> Any: ...
    isRoundNumber = is_round_number
    def is_significant_precision(self) -> bool: ...
    isSignificantPrecision = is_significant_precision
    def is_text_response(self, headers: Any) -> Any: ...
    isTextResponse = is_text_response
    def is_tick_precision(self) -> bool: ...
    isTickPrecision = is_tick_precision
    def is_trigger_order(self, params: Any) -> Any: ...
    isTriggerOrder = is_trigger_order
    @staticmethod
    def iso8601(timestamp: Any | None = None) -> str | None: ...
    @staticmethod
    def json(data: Any, params: Any | None = None) -> Any: ...
    @staticmethod
    def jwt(request: Any, secret: Any, algorithm: Any = "sha256", is_rsa: Any = False, opts: Any = {}) -> Any: ...
    @staticmethod
    def keysort(dictionary: Any) -> Any: ...
    lastRestPollTimestamp: int
    lastRestRequestTimestamp: int
    last_http_response: Any
    last_json_response: Any
    last_request_body: Any
    last_request_headers: Any
    last_request_url: Any
    last_response_headers: Any
    def lighter_create_auth_token(self, signer: Any, request: Any) -> Any: ...
    lighterCreateAuthToken = lighter_create_auth_token
    def lighter_create_client(
        self, lighterSigner: Any, chainId: Any, privateKey: Any, apiKeyIndex: Any, accountIndex: Any
    ) -> Any: ...
    lighterCreateClient = lighter_create_client
    def lighter_generate_api_key(self, signer: Any) -> Any: ...
    lighterGenerateApiKey = lighter_generate_api_key
    def lighter_sign_approve_integrator(self, signer: Any, request: Any) -> Any: ...
    lighterSignApproveIntegrator = lighter_sign_approve_integrator
    def lighter_sign_cancel_all_orders(self, signer: Any, request: Any) -> Any: ...
    lighterSignCancelAllOrders = lighter_sign_cancel_all_orders
    def lighter_sign_cancel_order(self, signer: Any, request: Any) -> Any: ...
    lighterSignCancelOrder = lighter_sign_cancel_order
    def lighter_sign_change_pubkey(self, signer: Any, request: Any) -> Any: ...
    lighterSignChangePubkey = lighter_sign_change_pubkey
    def lighter_sign_create_grouped_orders(self, signer: Any, request: Any) -> Any: ...
    lighterSignCreateGroupedOrders = lighter_sign_create_grouped_orders
    def lighter_sign_create_order(self, signer: Any, request: Any) -> Any: ...
    lighterSignCreateOrder = lighter_sign_create_order
    def lighter_sign_create_sub_account(self, signer: Any, request: Any) -> Any: ...
    lighterSignCreateSubAccount = lighter_sign_create_sub_account
    def lighter_sign_modify_order(self, signer: Any, request: Any) -> Any: ...
    lighterSignModifyOrder = lighter_sign_modify_order
    def lighter_sign_transfer(self, signer: Any, request: Any) -> Any: ...
    lighterSignTransfer = lighter_sign_transfer
    def lighter_sign_update_leverage(self, signer: Any, request: Any) -> Any: ...
    lighterSignUpdateLeverage = lighter_sign_update_leverage
    def lighter_sign_update_margin(self, signer: Any, request: Any) -> Any: ...
    lighterSignUpdateMargin = lighter_sign_update_margin
    def lighter_sign_withdraw(self, signer: Any, request: Any) -> Any: ...
    lighterSignWithdraw = lighter_sign_withdraw
    limits: dict[str, Any]
    liquidations: Any
    def load_lighter_library_helper(
        self, path: Any, chainId: Any, privateKey: Any, apiKeyIndex: Any, accountIndex: Any, createClient: Any
    ) -> Any: ...
    loadLighterLibraryHelper = load_lighter_library_helper
    loaded_fees: dict[str, Any]
    def lock_id(self) -> Any: ...
    lockId = lock_id
    def lock_last_nonce(self) -> Any: ...
    lockLastNonce = lock_last_nonce
    def log(self, *args: Any) -> Any: ...
    logger: Any
    login: Any
    def map_to_safe_map(self, dictionary: Any) -> Any: ...
    mapToSafeMap = map_to_safe_map
    def market(self, symbol: str | None) -> MarketInterface: ...
    def market_codes(self, codes: list[str] | None = None) -> Any: ...
    marketCodes = market_codes
    def market_id(self, symbol: str | None) -> Any: ...
    marketId = market_id
    def market_ids(self, symbols: list[str] | None = None) -> Any: ...
    marketIds = market_ids
    def market_or_null(self, symbol: str | None = None) -> Any: ...
    marketOrNull = market_or_null
    def market_symbols(
        self,
        symbols: list[str] | None = None,
        type: str | None = None,
        allowEmpty: Any = True,
        sameTypeOnly: Any = False,
        sameSubTypeOnly: Any = False,
    ) -> Any: ...
    marketSymbols = market_symbols
    markets: dict[str, MarketInterface]
    markets_by_id: dict[str, list[MarketInterface]]
    def markets_for_symbols(self, symbols: list[str] | None = None) -> Any: ...
    marketsForSymbols = markets_for_symbols
    def merge_balance_account(self, result: dict[str, Any], code: str, account: dict[str, Any]) -> Any: ...
    mergeBalanceAccount = merge_balance_account
    @staticmethod
    def microseconds() -> int: ...
    @staticmethod
    def milliseconds() -> int: ...
    minFundingAddressLength: int
    myLiquidations: Any
    myTrades: list[Trade] | None
    name: str | None
    networkAliases: dict[str, Any]
    def network_code_to_id(self, networkCode: str | None, currencyCode: str | None = None) -> str | None: ...
    networkCodeToId = network_code_to_id
    def network_id_to_code(self, networkId: str | None = None, currencyCode: str | None = None) -> str | None: ...
    networkIdToCode = network_id_to_code
    def nonce(self) -> float: ...
    number: Any
    @staticmethod
    def number_to_be(n: Any, size: Any) -> Any: ...
    numberToBE = number_to_be
    def oath(self) -> str: ...
    ohlcvs: dict[str, dict[str, list[list[Any]]]]
    @staticmethod
    def omit(d: Any, *args: Any) -> Any: ...
    def omit_zero(self, string_number: Any) -> Any: ...
    omitZero = omit_zero
    @staticmethod
    def on_json_response(obj: Any) -> Any: ...
    onJsonResponse = on_json_response
    def on_rest_response(
        self,
        code: Any,
        reason: Any,
        url: Any,
        method: Any,
        response_headers: Any,
        response_body: Any,
        request_headers: Any,
        request_body: Any,
    ) -> Any: ...
    onRestResponse = on_rest_response
    options: Any
    def orderbook_checksum_message(self, symbol: str | None) -> Any: ...
    orderbookChecksumMessage = orderbook_checksum_message
    orderbooks: dict[str, OrderBook]
    orders: list[Order] | None
    origin: str
    outcomes: Any
    outcomes_by_id: Any
    @staticmethod
    def packb(o: Any) -> Any: ...
    paddingMode: int
    @staticmethod
    def parse8601(timestamp: Any | None = None) -> int | None: ...
    parseJsonResponse: bool
    def parse_account(self, account: dict[str, Any]) -> Account: ...
    parseAccount = parse_account
    def parse_accounts(self, accounts: list[Any], params: Mapping[str, Any] = {}) -> Any: ...
    parseAccounts = parse_accounts
    def parse_adl_rank(self, info: dict[str, Any], market: MarketInterface | None = None) -> ADL: ...
    parseADLRank = parse_adl_rank
    def parse_adl_ranks(
        self, ranks: list[Any], symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> Any: ...
    parseADLRanks = parse_adl_ranks
    def parse_all_greeks(
        self, greeks: Any, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> Any: ...
    parseAllGreeks = parse_all_greeks
    def parse_balance(self, response: Any) -> Balances: ...
    parseBalance = parse_balance
    def parse_borrow_interest(self, info: dict[str, Any], market: MarketInterface | None = None) -> BorrowInterest: ...
    parseBorrowInterest = parse_borrow_interest
    def parse_borrow_interests(self, response: Any, market: MarketInterface | None = None) -> Any: ...
    parseBorrowInterests = parse_borrow_interests
    def parse_borrow_rate(self, info: Any, currency: CurrencyInterface | None = None) -> dict[str, Any]: ...
    parseBorrowRate = parse_borrow_rate
    def parse_borrow_rate_history(
        self, response: Any, code: str | None, since: int | None, limit: int | None
    ) -> Any: ...
    parseBorrowRateHistory = parse_borrow_rate_history
    def parse_conversion(
        self,
        conversion: dict[str, Any],
        fromCurrency: CurrencyInterface | None = None,
        toCurrency: CurrencyInterface | None = None,
    ) -> Conversion: ...
    parseConversion = parse_conversion
    def parse_conversions(
        self,
        conversions: list[Any],
        code: str | None = None,
        fromCurrencyKey: str | None = None,
        toCurrencyKey: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    parseConversions = parse_conversions
    def parse_currencies(self, rawCurrencies: Any) -> dict[str, CurrencyInterface]: ...
    parseCurrencies = parse_currencies
    def parse_currency(self, rawCurrency: dict[str, Any]) -> CurrencyInterface: ...
    parseCurrency = parse_currency
    @staticmethod
    def parse_date(timestamp: Any | None = None) -> Any: ...
    parseDate = parse_date
    def parse_deposit_address(
        self, depositAddress: dict[str, Any], currency: CurrencyInterface | None = None
    ) -> DepositAddress: ...
    parseDepositAddress = parse_deposit_address
    def parse_deposit_addresses(
        self, addresses: Any, codes: list[str] | None = None, indexed: Any = True, params: Mapping[str, Any] = {}
    ) -> Any: ...
    parseDepositAddresses = parse_deposit_addresses
    def parse_deposit_withdraw_fee(self, fee: dict[str, Any], currency: CurrencyInterface | None = None) -> Any: ...
    parseDepositWithdrawFee = parse_deposit_withdraw_fee
    def parse_deposit_withdraw_fees(
        self, response: Any, codes: list[str] | None = None, currencyIdKey: str | None = None
    ) -> Any: ...
    parseDepositWithdrawFees = parse_deposit_withdraw_fees
    def parse_fee_numeric(self, fee: Any) -> Any: ...
    parseFeeNumeric = parse_fee_numeric
    def parse_funding_rate(self, contract: str, market: MarketInterface | None = None) -> FundingRate: ...
    parseFundingRate = parse_funding_rate
    def parse_funding_rate_histories(
        self, response: Any, market: MarketInterface | None = None, since: int | None = None, limit: int | None = None
    ) -> Any: ...
    parseFundingRateHistories = parse_funding_rate_histories
    def parse_funding_rate_history(self, info: Any, market: MarketInterface | None = None) -> FundingRateHistory: ...
    parseFundingRateHistory = parse_funding_rate_history
    def parse_funding_rates(self, response: Any, symbols: list[str] | None = None) -> Any: ...
    parseFundingRates = parse_funding_rates
    def parse_greeks(self, greeks: dict[str, Any], market: MarketInterface | None = None) -> Greeks: ...
    parseGreeks = parse_greeks
    def parse_income(self, info: dict[str, Any], market: MarketInterface | None = None) -> Any: ...
    parseIncome = parse_income
    def parse_incomes(
        self, incomes: Any, market: MarketInterface | None = None, since: int | None = None, limit: int | None = None
    ) -> Any: ...
    parseIncomes = parse_incomes
    def parse_isolated_borrow_rate(
        self, info: dict[str, Any], market: MarketInterface | None = None
    ) -> IsolatedBorrowRate: ...
    parseIsolatedBorrowRate = parse_isolated_borrow_rate
    def parse_isolated_borrow_rates(self, info: Any) -> Any: ...
    parseIsolatedBorrowRates = parse_isolated_borrow_rates
    def parse_json(self, http_response: Any) -> Any: ...
    parseJson = parse_json
    def parse_last_price(self, price: Num, market: MarketInterface | None = None) -> LastPrice: ...
    parseLastPrice = parse_last_price
    def parse_last_prices(
        self, pricesData: Any, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> Any: ...
    parseLastPrices = parse_last_prices
    def parse_ledger(
        self,
        data: Any,
        currency: CurrencyInterface | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    parseLedger = parse_ledger
    def parse_ledger_entry(self, item: dict[str, Any], currency: CurrencyInterface | None = None) -> LedgerEntry: ...
    parseLedgerEntry = parse_ledger_entry
    def parse_leverage(self, leverage: dict[str, Any], market: MarketInterface | None = None) -> Leverage: ...
    parseLeverage = parse_leverage
    def parse_leverage_tiers(
        self, response: Any, symbols: list[str] | None = None, marketIdKey: str | None = None
    ) -> dict[str, list[LeverageTier]]: ...
    parseLeverageTiers = parse_leverage_tiers
    def parse_leverages(
        self,
        response: list[Any],
        symbols: list[str] | None = None,
        symbolKey: str | None = None,
        marketType: Literal["spot", "margin", "swap", "future", "option"] | None = None,
    ) -> Any: ...
    parseLeverages = parse_leverages
    def parse_liquidation(self, liquidation: Any, market: MarketInterface | None = None) -> Liquidation: ...
    parseLiquidation = parse_liquidation
    def parse_liquidations(
        self,
        liquidations: list[dict[str, Any]],
        market: MarketInterface | None = None,
        since: int | None = None,
        limit: int | None = None,
    ) -> Any: ...
    parseLiquidations = parse_liquidations
    def parse_long_short_ratio(self, info: dict[str, Any], market: MarketInterface | None = None) -> LongShortRatio: ...
    parseLongShortRatio = parse_long_short_ratio
    def parse_long_short_ratio_history(
        self, response: Any, market: MarketInterface | None = None, since: int | None = None, limit: int | None = None
    ) -> Any: ...
    parseLongShortRatioHistory = parse_long_short_ratio_history
    def parse_margin_mode(self, marginMode: dict[str, Any], market: MarketInterface | None = None) -> MarginMode: ...
    parseMarginMode = parse_margin_mode
    def parse_margin_modes(
        self,
        response: list[Any],
        symbols: list[str] | None = None,
        symbolKey: str | None = None,
        marketType: Literal["spot", "margin", "swap", "future", "option"] | None = None,
    ) -> Any: ...
    parseMarginModes = parse_margin_modes
    def parse_margin_modification(
        self, data: dict[str, Any], market: MarketInterface | None = None
    ) -> MarginModification: ...
    parseMarginModification = parse_margin_modification
    def parse_margin_modifications(
        self,
        response: list[Any] | None,
        symbols: list[str] | None = None,
        symbolKey: str | None = None,
        marketType: Literal["spot", "margin", "swap", "future", "option"] | None = None,
    ) -> Any: ...
    parseMarginModifications = parse_margin_modifications
    def parse_market(self, market: dict[str, Any]) -> MarketInterface | None: ...
    parseMarket = parse_market
    def parse_market_leverage_tiers(self, info: Any, market: MarketInterface | None = None) -> list[LeverageTier]: ...
    parseMarketLeverageTiers = parse_market_leverage_tiers
    def parse_markets(self, markets: Any) -> Any: ...
    parseMarkets = parse_markets
    def parse_number(self, value: Any, default: Any | None = None) -> Any: ...
    parseNumber = parse_number
    def parse_ohlcv(self, ohlcv: Any, market: MarketInterface | None = None) -> list[Any]: ...
    parseOHLCV = parse_ohlcv
    def parse_ohlcvs(
        self,
        ohlcvs: list[Any] | None,
        market: Any | None = None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        tail: bool | None = False,
    ) -> Any: ...
    parseOhlcvs = parse_ohlcvs
    def parse_open_interest(self, interest: dict[str, Any], market: MarketInterface | None = None) -> OpenInterest: ...
    parseOpenInterest = parse_open_interest
    def parse_open_interests(self, response: Any, symbols: list[str] | None = None) -> Any: ...
    parseOpenInterests = parse_open_interests
    def parse_open_interests_history(
        self, response: Any, market: MarketInterface | None = None, since: int | None = None, limit: int | None = None
    ) -> Any: ...
    parseOpenInterestsHistory = parse_open_interests_history
    def parse_option(
        self, chain: dict[str, Any], currency: CurrencyInterface | None = None, market: MarketInterface | None = None
    ) -> Option: ...
    parseOption = parse_option
    def parse_option_chain(
        self, response: list[Any], currencyKey: str | None = None, symbolKey: str | None = None
    ) -> Any: ...
    parseOptionChain = parse_option_chain
    def parse_order(self, order: dict[str, Any], market: MarketInterface | None = None) -> Order: ...
    parseOrder = parse_order
    def parse_order_book(
        self,
        orderbook: Any | None,
        symbol: str | None,
        timestamp: int | None = None,
        bidsKey: Any = "bids",
        asksKey: Any = "asks",
        priceKey: str | int = 0,
        amountKey: str | int = 1,
        countOrIdKey: str | int = 2,
    ) -> Any: ...
    parseOrderBook = parse_order_book
    def parse_order_book_bid_ask(
        self, bidask: Any, priceKey: str | int = 0, amountKey: str | int = 1, countOrIdKey: str | int = 2
    ) -> Any: ...
    parseOrderBookBidAsk = parse_order_book_bid_ask
    def parse_order_book_bid_ask_l3(
        self, bidask: Any, priceKey: str | int = 0, amountKey: str | int = 1, countOrIdKey: str | int = 2
    ) -> Any: ...
    parseOrderBookBidAskL3 = parse_order_book_bid_ask_l3
    def parse_order_book_bids_asks(
        self, bidasks: Any, priceKey: str | int = 0, amountKey: str | int = 1, countOrIdKey: str | int = 2
    ) -> Any: ...
    parseOrderBookBidsAsks = parse_order_book_bids_asks
    def parse_order_book_bids_asks_l3(
        self, bidasks: Any, priceKey: str | int = 0, amountKey: str | int = 1, countOrIdKey: str | int = 2
    ) -> Any: ...
    parseOrderBookBidsAsksL3 = parse_order_book_bids_asks_l3
    def parse_order_book_l3(
        self,
        orderbook: Any | None,
        symbol: str | None,
        timestamp: int | None = None,
        bidsKey: Any = "bids",
        asksKey: Any = "asks",
        priceKey: str | int = 0,
        amountKey: str | int = 1,
        countOrIdKey: str | int = 2,
    ) -> Any: ...
    parseOrderBookL3 = parse_order_book_l3
    def parse_orders(
        self,
        orders: dict[str, Any] | list[dict[str, Any]] | None,
        market: MarketInterface | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    parseOrders = parse_orders
    def parse_position(self, position: dict[str, Any], market: MarketInterface | None = None) -> Position: ...
    parsePosition = parse_position
    def parse_positions(
        self, positions: list[Any], symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> Any: ...
    parsePositions = parse_positions
    def parse_precision(self, precision: str) -> Any: ...
    parsePrecision = parse_precision
    def parse_ticker(self, ticker: dict[str, Any], market: MarketInterface | None = None) -> Ticker: ...
    parseTicker = parse_ticker
    def parse_tickers(
        self, tickers: Any, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    parseTickers = parse_tickers
    @staticmethod
    def parse_timeframe(timeframe: Any) -> int: ...
    parseTimeframe = parse_timeframe
    def parse_to_int(self, number: Any) -> Any: ...
    parseToInt = parse_to_int
    def parse_to_numeric(self, number: Any) -> Any: ...
    parseToNumeric = parse_to_numeric
    def parse_trade(self, trade: dict[str, Any], market: MarketInterface | None = None) -> Trade: ...
    parseTrade = parse_trade
    def parse_trades(
        self,
        trades: list[Any],
        market: MarketInterface | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Trade]: ...
    parseTrades = parse_trades
    def parse_trades_helper(
        self,
        isWs: bool,
        trades: list[Any],
        market: MarketInterface | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    parseTradesHelper = parse_trades_helper
    def parse_trading_view_ohlcv(
        self,
        ohlcvs: Any,
        market: MarketInterface | None = None,
        timeframe: Any = "1m",
        since: int | None = None,
        limit: int | None = None,
    ) -> Any: ...
    parseTradingViewOHLCV = parse_trading_view_ohlcv
    def parse_transaction(
        self, transaction: dict[str, Any], currency: CurrencyInterface | None = None
    ) -> Transaction: ...
    parseTransaction = parse_transaction
    def parse_transactions(
        self,
        transactions: list[Any],
        currency: CurrencyInterface | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    parseTransactions = parse_transactions
    def parse_transfer(self, transfer: dict[str, Any], currency: CurrencyInterface | None = None) -> TransferEntry: ...
    parseTransfer = parse_transfer
    def parse_transfers(
        self,
        transfers: list[Any],
        currency: CurrencyInterface | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    parseTransfers = parse_transfers
    def parse_ws_ohlcv(self, ohlcv: Any, market: MarketInterface | None = None) -> list[Any]: ...
    parseWsOHLCV = parse_ws_ohlcv
    def parse_ws_ohlcvs(
        self,
        ohlcvs: list[Any],
        market: Any | None = None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
    ) -> Any: ...
    parseWsOhlcvs = parse_ws_ohlcvs
    def parse_ws_order(self, order: dict[str, Any], market: MarketInterface | None = None) -> Order: ...
    parseWsOrder = parse_ws_order
    def parse_ws_order_trade(self, trade: dict[str, Any], market: MarketInterface | None = None) -> Trade: ...
    parseWsOrderTrade = parse_ws_order_trade
    def parse_ws_trade(self, trade: dict[str, Any], market: MarketInterface | None = None) -> Trade: ...
    parseWsTrade = parse_ws_trade
    def parse_ws_trades(
        self,
        trades: list[Any],
        market: MarketInterface | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Trade]: ...
    parseWsTrades = parse_ws_trades
    def parsed_fee_and_fees(self, container: Any) -> Any: ...
    parsedFeeAndFees = parsed_fee_and_fees
    password: str | None
    positions: list[Position] | None
    precision: Any
    precisionMode: int
    def precision_from_string(self, str: Any) -> Any: ...
    precisionFromString = precision_from_string
    def prepare_request_headers(self, headers: Any | None = None) -> Any: ...
    prepareRequestHeaders = prepare_request_headers
    def price_to_precision(self, symbol: str | None, price: Num) -> str: ...
    priceToPrecision = price_to_precision
    privateKey: str | None
    pro: bool
    proxies: Any
    proxy: Any
    proxyUrl: Any
    proxyUrlCallback: Any
    proxy_url: Any
    proxy_url_callback: Any
    quoteJsonNumbers: bool
    quote_currencies: Any
    def raise_lighter_signer_error(self, method: Any, error: Any, request: Any | None = None) -> Any: ...
    raiseLighterSignerError = raise_lighter_signer_error
    def rand_number(self, size: Any) -> Any: ...
    randNumber = rand_number
    @staticmethod
    def random_bytes(length: Any) -> Any: ...
    randomBytes = random_bytes
    rateLimit: float
    rateLimitMaxTokens: int
    rateLimitTokens: int
    rateLimitUpdateTime: int
    rateLimiterAlgorithm: str
    @staticmethod
    def rawencode(params: Any = {}, sort: Any = False) -> Any: ...
    def read_file(self, path: str, encoding: str = "utf-8") -> Any: ...
    readFile = read_file
    reduceFees: bool
    def reduce_fees_by_currency(self, fees: Any) -> Any: ...
    reduceFeesByCurrency = reduce_fees_by_currency
    reloadingEvents: Any
    @staticmethod
    def remove0x_prefix(value: Any) -> Any: ...
    remove0xPrefix = remove0x_prefix
    def remove_keys_from_dict(self, dict: dict[str, Any], removeKeys: list[str]) -> Any: ...
    removeKeysFromDict = remove_keys_from_dict
    def remove_repeated_elements_from_array(self, input: Any, fallbackToTimestamp: bool = True) -> Any: ...
    removeRepeatedElementsFromArray = remove_repeated_elements_from_array
    def remove_repeated_trades_from_array(self, input: Any) -> Any: ...
    removeRepeatedTradesFromArray = remove_repeated_trades_from_array
    requests_trust_env: bool
    def require_value(self, value: Any, message: str | None = None) -> Any: ...
    requireValue = require_value
    requiredCredentials: dict[str, Any]
    def resolve_path(self, path: Any, params: Any) -> Any: ...
    resolvePath = resolve_path
    restPollerLoopIsRunning: bool
    restRequestQueue: Any
    def retrieve_dydx_credentials(self, privateKey: Any) -> Any: ...
    retrieveDydxCredentials = retrieve_dydx_credentials
    @staticmethod
    def retrieve_stark_account(signature: Any, accountClassHash: Any, accountProxyClassHash: Any) -> Any: ...
    retrieveStarkAccount = retrieve_stark_account
    returnResponseHeaders: bool
    rollingWindowSize: float
    @staticmethod
    def round_timeframe(timeframe: Any, timestamp: Any, direction: Any = 3) -> Any: ...
    roundTimeframe = round_timeframe
    @staticmethod
    def rsa(request: Any, secret: Any, alg: Any = "sha256", padding_mode: Any = "pkcs1") -> Any: ...
    def safe_balance(self, balance: dict[str, Any]) -> Any: ...
    safeBalance = safe_balance
    def safe_bool(self, dictionaryOrList: Any, key: str | int | None, defaultValue: bool | None = None) -> Any: ...
    safeBool = safe_bool
    def safe_bool_2(
        self, dictionaryOrList: Any, key1: str | int | None, key2: str | int | None, defaultValue: bool | None = None
    ) -> Any: ...
    safeBool2 = safe_bool_2
    def safe_bool_n(
        self, dictionaryOrList: Any, keys: list[str | int | None], defaultValue: bool | None = None
    ) -> Any: ...
    safeBoolN = safe_bool_n
    def safe_currency(self, currencyId: str | None, currency: CurrencyInterface | None = None) -> Any: ...
    safeCurrency = safe_currency
    def safe_currency_code(self, currencyId: str | None, currency: CurrencyInterface | None = None) -> str | None: ...
    safeCurrencyCode = safe_currency_code
    def safe_currency_structure(self, currency: dict[str, Any]) -> Any: ...
    safeCurrencyStructure = safe_currency_structure
    def safe_dict(
        self, dictionaryOrList: Any, key: str | int | None, defaultValue: dict[str, Any] | None = None
    ) -> Any: ...
    safeDict = safe_dict
    def safe_dict_2(
        self, dictionaryOrList: Any, key1: str | int | None, key2: str, defaultValue: dict[str, Any] | None = None
    ) -> Any: ...
    safeDict2 = safe_dict_2
    def safe_dict_n(
        self, dictionaryOrList: Any, keys: list[str | int | None], defaultValue: dict[str, Any] | None = None
    ) -> Any: ...
    safeDictN = safe_dict_n
    @staticmethod
    def safe_float(dictionary: Any, key: Any, default_value: Any | None = None) -> Any: ...
    safeFloat = safe_float
    @staticmethod
    def safe_float_2(dictionary: Any, key1: Any, key2: Any, default_value: Any | None = None) -> Any: ...
    safeFloat2 = safe_float_2
    @staticmethod
    def safe_float_n(dictionary: Any, key_list: Any, default_value: Any | None = None) -> Any: ...
    safeFloatN = safe_float_n
    @staticmethod
    def safe_integer(dictionary: Any, key: Any, default_value: Any | None = None) -> Any: ...
    safeInteger = safe_integer
    @staticmethod
    def safe_integer_2(dictionary: Any, key1: Any, key2: Any, default_value: Any | None = None) -> Any: ...
    safeInteger2 = safe_integer_2
    @staticmethod
    def safe_integer_n(dictionary: Any, key_list: Any, default_value: Any | None = None) -> Any: ...
    safeIntegerN = safe_integer_n
    def safe_integer_omit_zero(self, obj: Any, key: str | int | None, defaultValue: int | None = None) -> Any: ...
    safeIntegerOmitZero = safe_integer_omit_zero
    @staticmethod
    def safe_integer_product(dictionary: Any, key: Any, factor: Any, default_value: Any | None = None) -> Any: ...
    safeIntegerProduct = safe_integer_product
    @staticmethod
    def safe_integer_product_2(
        dictionary: Any, key1: Any, key2: Any, factor: Any, default_value: Any | None = None
    ) -> Any: ...
    safeIntegerProduct2 = safe_integer_product_2
    @staticmethod
    def safe_integer_product_n(
        dictionary: Any, key_list: Any, factor: Any, default_value: Any | None = None
    ) -> Any: ...
    safeIntegerProductN = safe_integer_product_n
    def safe_ledger_entry(self, entry: Any, currency: CurrencyInterface | None = None) -> Any: ...
    safeLedgerEntry = safe_ledger_entry
    def safe_liquidation(self, liquidation: dict[str, Any], market: MarketInterface | None = None) -> Any: ...
    safeLiquidation = safe_liquidation
    def safe_list(self, dictionaryOrList: Any, key: str | int | None, defaultValue: list[Any] | None = None) -> Any: ...
    safeList = safe_list
    def safe_list_2(
        self, dictionaryOrList: Any, key1: str | int | None, key2: str, defaultValue: list[Any] | None = None
    ) -> Any: ...
    safeList2 = safe_list_2
    def safe_list_n(
        self, dictionaryOrList: Any, keys: list[str | int | None], defaultValue: list[Any] | None = None
    ) -> Any: ...
    safeListN = safe_list_n
    def safe_map_to_map(self, dictionary: Any) -> Any: ...
    safeMapToMap = safe_map_to_map
    def safe_market(
        self,
        marketId: str | None = None,
        market: MarketInterface | None = None,
        delimiter: str | None = None,
        marketType: str | None = None,
    ) -> MarketInterface: ...
    safeMarket = safe_market
    def safe_market_structure(self, market: dict[str, Any] | None = None) -> Any: ...
    safeMarketStructure = safe_market_structure
    def safe_network(self, network: Any) -> Any: ...
    safeNetwork = safe_network
    def safe_number(self, obj: Any, key: str | int | None, defaultNumber: Num = None) -> Any: ...
    safeNumber = safe_number
    def safe_number_2(
        self, dictionary: Any | None, key1: str | int | None, key2: str | int | None, d: Num = None
    ) -> Any: ...
    safeNumber2 = safe_number_2
    def safe_number_n(self, obj: Any, arr: list[str | int | None], defaultNumber: Num = None) -> Any: ...
    safeNumberN = safe_number_n
    def safe_number_omit_zero(self, obj: Any, key: str | int | None, defaultValue: Num = None) -> Any: ...
    safeNumberOmitZero = safe_number_omit_zero
    def safe_open_interest(self, interest: dict[str, Any], market: MarketInterface | None = None) -> Any: ...
    safeOpenInterest = safe_open_interest
    def safe_order(self, order: dict[str, Any], market: MarketInterface | None = None) -> Any: ...
    safeOrder = safe_order
    def safe_position(self, position: dict[str, Any]) -> Any: ...
    safePosition = safe_position
    @staticmethod
    def safe_string(dictionary: Any, key: Any, default_value: Any | None = None) -> Any: ...
    safeString = safe_string
    @staticmethod
    def safe_string_2(dictionary: Any, key1: Any, key2: Any, default_value: Any | None = None) -> Any: ...
    safeString2 = safe_string_2
    @staticmethod
    def safe_string_lower(dictionary: Any, key: Any, default_value: Any | None = None) -> Any: ...
    safeStringLower = safe_string_lower
    @staticmethod
    def safe_string_lower_2(dictionary: Any, key1: Any, key2: Any, default_value: Any | None = None) -> Any: ...
    safeStringLower2 = safe_string_lower_2
    @staticmethod
    def safe_string_lower_n(dictionary: Any, key_list: Any, default_value: Any | None = None) -> Any: ...
    safeStringLowerN = safe_string_lower_n
    @staticmethod
    def safe_string_n(dictionary: Any, key_list: Any, default_value: Any | None = None) -> Any: ...
    safeStringN = safe_string_n
    @staticmethod
    def safe_string_upper(dictionary: Any, key: Any, default_value: Any | None = None) -> Any: ...
    safeStringUpper = safe_string_upper
    @staticmethod
    def safe_string_upper_2(dictionary: Any, key1: Any, key2: Any, default_value: Any | None = None) -> Any: ...
    safeStringUpper2 = safe_string_upper_2
    @staticmethod
    def safe_string_upper_n(dictionary: Any, key_list: Any, default_value: Any | None = None) -> Any: ...
    safeStringUpperN = safe_string_upper_n
    def safe_symbol(
        self,
        marketId: str | None,
        market: MarketInterface | None = None,
        delimiter: str | None = None,
        marketType: str | None = None,
    ) -> Any: ...
    safeSymbol = safe_symbol
    def safe_ticker(self, ticker: dict[str, Any], market: MarketInterface | None = None) -> Any: ...
    safeTicker = safe_ticker
    @staticmethod
    def safe_timestamp(dictionary: Any, key: Any, default_value: Any | None = None) -> Any: ...
    safeTimestamp = safe_timestamp
    @staticmethod
    def safe_timestamp_2(dictionary: Any, key1: Any, key2: Any, default_value: Any | None = None) -> Any: ...
    safeTimestamp2 = safe_timestamp_2
    @staticmethod
    def safe_timestamp_n(dictionary: Any, key_list: Any, default_value: Any | None = None) -> Any: ...
    safeTimestampN = safe_timestamp_n
    def safe_trade(self, trade: dict[str, Any], market: MarketInterface | None = None) -> Any: ...
    safeTrade = safe_trade
    @staticmethod
    def safe_value(dictionary: Any, key: Any, default_value: Any | None = None) -> Any: ...
    safeValue = safe_value
    @staticmethod
    def safe_value_2(dictionary: Any, key1: Any, key2: Any, default_value: Any | None = None) -> Any: ...
    safeValue2 = safe_value_2
    @staticmethod
    def safe_value_n(dictionary: Any, key_list: Any, default_value: Any | None = None) -> Any: ...
    safeValueN = safe_value_n
    @staticmethod
    def seconds() -> int: ...
    @staticmethod
    def secp256k1_uncompressed_public_key(private_key_bytes: Any) -> Any: ...
    secp256k1UncompressedPublicKey = secp256k1_uncompressed_public_key
    secret: str | None
    def select_network_key_from_networks(
        self,
        currencyCode: str,
        networkCode: str | None,
        indexedNetworkEntries: Any,
        isIndexedByUnifiedNetworkCode: Any = False,
    ) -> Any: ...
    selectNetworkKeyFromNetworks = select_network_key_from_networks
    session: Any
    def set_headers(self, headers: Any) -> Any: ...
    setHeaders = set_headers
    def set_last_request(self, request: Any) -> Any: ...
    setLastRequest = set_last_request
    def set_last_rest_request_timestamp(self) -> Any: ...
    setLastRestRequestTimestamp = set_last_rest_request_timestamp
    def set_markets(self, markets: Any, currencies: Any | None = None) -> Any: ...
    setMarkets = set_markets
    def set_markets_from_exchange(self, sourceExchange: Any) -> Any: ...
    setMarketsFromExchange = set_markets_from_exchange
    def set_property(self, obj: Any, property: Any, value: Any) -> Any: ...
    setProperty = set_property
    def set_sandbox_mode(self, enabled: bool) -> Any: ...
    setSandboxMode = set_sandbox_mode
    def set_take_profit_and_stop_loss_params(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        takeProfit: Num = None,
        stopLoss: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    setTakeProfitAndStopLossParams = set_take_profit_and_stop_loss_params
    def sign(
        self, path: str, api: list[str] = ["public"], method: str = "GET", params: Mapping[str, Any] = {}
    ) -> dict[str, Any]: ...
    socksProxy: str | None
    socksProxyCallback: Any
    socks_proxy: Any
    socks_proxy_callback: Any
    socks_proxy_sessions: Any
    @staticmethod
    def sort(array: Any) -> Any: ...
    @staticmethod
    def sort_by(array: Any, key: Any, descending: Any = False, default: Any = 0) -> Any: ...
    sortBy = sort_by
    @staticmethod
    def sort_by_2(array: Any, key1: Any, key2: Any, descending: Any = False) -> Any: ...
    sortBy2 = sort_by_2
    def sort_cursor_paginated_result(self, result: Any) -> Any: ...
    sortCursorPaginatedResult = sort_cursor_paginated_result
    ssl_context: Any
    @staticmethod
    def starknet_encode_structured_data(domain: Any, messageTypes: Any, messageData: Any, address: Any) -> Any: ...
    starknetEncodeStructuredData = starknet_encode_structured_data
    @staticmethod
    def starknet_sign(msg_hash: Any, pri: Any) -> Any: ...
    starknetSign = starknet_sign
    status: Any
    def store_by_key(self, dict: Any, key: str | int | None, value: Any) -> Any: ...
    storeByKey = store_by_key
    def string_to_base16(self, str: Any) -> Any: ...
    stringToBase16 = string_to_base16
    @staticmethod
    def string_to_base64(s: Any) -> Any: ...
    stringToBase64 = string_to_base64
    @staticmethod
    def string_to_binary(buff: str) -> bytes: ...
    stringToBinary = string_to_binary
    def string_to_chars_array(self, value: Any) -> Any: ...
    stringToCharsArray = string_to_chars_array
    @staticmethod
    def strip(string: Any) -> Any: ...
    substituteCommonCurrencyCodes: bool
    @staticmethod
    def sum(*args: Any) -> Any: ...
    def symbol(self, symbol: str | None) -> Any: ...
    symbols: list[str]
    tcp_connector: Any
    throttler: Any
    def throw_broadly_matched_exception(self, broad: Any, string: Any, message: Any) -> Any: ...
    throwBroadlyMatchedException = throw_broadly_matched_exception
    def throw_exactly_matched_exception(self, exact: Any, string: Any, message: Any) -> Any: ...
    throwExactlyMatchedException = throw_exactly_matched_exception
    tickers: dict[str, Ticker]
    def timeframe_from_milliseconds(self, ms: float) -> Any: ...
    timeframeFromMilliseconds = timeframe_from_milliseconds
    timeframes: dict[str, Any]
    timeout: float
    @staticmethod
    def to_array(value: Any) -> Any: ...
    toArray = to_array
    def to_dydx_long(self, num: Any) -> Any: ...
    toDydxLong = to_dydx_long
    token: str | None
    tokenBucket: Any
    @staticmethod
    def totp(key: Any) -> Any: ...
    trades: dict[str, list[Trade]]
    transactions: Any
    triggerOrders: Any
    @staticmethod
    def truncate(num: Any, precision: Any = 0) -> Any: ...
    @staticmethod
    def truncate_to_string(num: Any, precision: Any = 0) -> Any: ...
    truncateToString = truncate_to_string
    trust_env: bool
    twofa: Any
    uid: str | None
    def un_camel_case(self, str: Any) -> Any: ...
    unCamelCase = un_camel_case
    @staticmethod
    def unique(array: Any) -> Any: ...
    def unlock_id(self) -> Any: ...
    unlockId = unlock_id
    def unlock_last_nonce(self) -> Any: ...
    unlockLastNonce = unlock_last_nonce
    def url_encoder_for_proxy_url(self, targetUrl: str) -> Any: ...
    urlEncoderForProxyUrl = url_encoder_for_proxy_url
    @staticmethod
    def urlencode(params: Any = {}, doseq: Any = False, sort: Any = False) -> Any: ...
    @staticmethod
    def urlencode_base64(s: Any) -> Any: ...
    urlencodeBase64 = urlencode_base64
    @staticmethod
    def urlencode_nested(params: Any) -> Any: ...
    urlencodeNested = urlencode_nested
    @staticmethod
    def urlencode_with_array_repeat(params: Any = {}) -> Any: ...
    urlencodeWithArrayRepeat = urlencode_with_array_repeat
    urls: Any
    userAgent: Any
    userAgents: dict[str, Any]
    user_agent: Any
    @staticmethod
    def uuid() -> Any: ...
    @staticmethod
    def uuid16(length: Any = 16) -> Any: ...
    @staticmethod
    def uuid22(length: Any = 22) -> Any: ...
    @staticmethod
    def uuid5(namespace: str, name: Any) -> Any: ...
    validateClientSsl: bool
    validateServerSsl: bool
    def value_is_defined(self, value: Any) -> Any: ...
    valueIsDefined = value_is_defined
    verbose: bool
    verify: bool
    version: str | None
    walletAddress: str | None
    def write_file(self, path: str, data: str, encoding: str = "utf-8") -> Any: ...
    writeFile = write_file
    wsProxy: str | None
    wsSocksProxy: str | None
    ws_proxy: Any
    ws_socks_proxy: Any
    wssProxy: str | None
    wss_proxy: Any
    @staticmethod
    def ymd(timestamp: Any, infix: Any = "-", fullYear: Any = True) -> Any: ...
    @staticmethod
    def ymdhms(timestamp: Any, infix: Any = " ") -> Any: ...
    @staticmethod
    def yymmdd(timestamp: Any, infix: Any = "") -> Any: ...
    @staticmethod
    def yyyymmdd(timestamp: Any, infix: Any = "-") -> Any: ...
